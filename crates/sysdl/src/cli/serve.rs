//! `sysdl serve`: the page on this machine, and on no other.
//!
//! It answers on the loopback address only, to requests that name it by a loopback name, with its own files and the one file
//! that was named; nothing in a request chooses a path on disk. A thread for each connection, which ends when it is idle.

use super::args::ServeArgs;
use super::{OK, site, trouble};
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use sysdl_web::{Site, mime};

/// How often a watched file is looked at.
const LOOK: Duration = Duration::from_millis(150);
/// How long a connection may say nothing.
const IDLE: Duration = Duration::from_secs(30);
/// Longest head of a request in bytes, and most of its lines.
const HEAD_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;

struct Served {
    site: Site,
    file: Option<PathBuf>,
}

/// Serves until it is stopped.
pub fn serve(args: &ServeArgs) -> u8 {
    match try_serve(args) {
        Ok(()) => OK,
        Err(code) => code,
    }
}

fn try_serve(args: &ServeArgs) -> Result<(), u8> {
    let assets = site::assets(args.file.as_deref(), args.watch)?;
    let cannot = |error| trouble(format!("cannot listen on port {}: {error}", args.port));
    let listener = TcpListener::bind(("127.0.0.1", args.port)).map_err(cannot)?;
    println!("http://{}/", listener.local_addr().map_err(cannot)?);
    let _ = io::stdout().flush();
    let file = args.watch.then(|| args.file.clone()).flatten();
    let served = Arc::new(Served { site: Site::new(&assets), file });
    for stream in listener.incoming().flatten() {
        let served = Arc::clone(&served);
        // Whoever hangs up is gone: there is nobody to tell.
        std::thread::spawn(move || drop(served.attend(stream)));
    }
    Ok(())
}

/// What is needed of a request.
struct Request {
    method: String,
    path: String,
    host: String,
    /// The connection is not to be used again.
    last: bool,
}

impl Served {
    /// Answers the requests of a connection, one after another.
    fn attend(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(IDLE))?;
        stream.set_nodelay(true)?;
        let mut unread = Vec::new();
        while let Some(request) = next(&mut stream, &mut unread)? {
            if request.path == "events" && self.file.is_some() && is_local(&request.host) {
                return self.tell_changes(&mut stream);
            }
            self.answer(&request, &mut stream)?;
            if request.last {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, request: &Request, out: &mut TcpStream) -> io::Result<()> {
        let path = request.path.as_str();
        // A browser that was led here under a stranger's name is not answered.
        if !is_local(&request.host) {
            return respond(
                request,
                out,
                "403 Forbidden",
                b"this page answers to 127.0.0.1 and localhost only",
                "text/plain",
                "no-store",
            );
        }
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return respond(request, out, "405 Method Not Allowed", b"only GET and HEAD", "text/plain", "no-store");
        }
        if let ("given", Some(file)) = (path, &self.file) {
            let source = super::files::unmarked(std::fs::read(file).unwrap_or_default());
            return respond(request, out, "200 OK", &site::given(file, &source, true), "application/json", "no-store");
        }
        let Some(bytes) = self.site.get(path) else {
            return respond(request, out, "404 Not Found", b"there is no such file", "text/plain", "no-store");
        };
        let kept = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        respond(request, out, "200 OK", bytes, mime(if path.is_empty() { "index.html" } else { path }), kept)
    }

    /// Says each time that the file has changed, until nobody listens any more.
    fn tell_changes(&self, out: &mut TcpStream) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        out.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\nretry: 500\n\n")?;
        let mut last = changed(file);
        for looked in 1u32.. {
            std::thread::sleep(LOOK);
            let now = changed(file);
            // A file that is not there is being written anew.
            if now.is_some() && now != last {
                last = now;
                out.write_all(b"event: changed\ndata: \n\n")?;
            } else if looked % 100 == 0 {
                // Finds out whether somebody still listens.
                out.write_all(b": still here\n\n")?;
            }
        }
        Ok(())
    }
}

/// The next request of a connection; none if it has ended.
fn next(stream: &mut TcpStream, unread: &mut Vec<u8>) -> io::Result<Option<Request>> {
    let mut chunk = [0; 4096];
    loop {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut head = httparse::Request::new(&mut headers);
        let read = head.parse(unread).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        if let httparse::Status::Complete(length) = read {
            let value = |name: &str| {
                let header = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
                header.map_or("", |header| std::str::from_utf8(header.value).unwrap_or(""))
            };
            let path = head.path.unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
            let request = Request {
                method: head.method.unwrap_or_default().to_owned(),
                path: path.trim_start_matches('/').to_owned(),
                host: value("Host").to_owned(),
                // A body is not read, so what follows it could not be told from it.
                last: head.version == Some(0)
                    || value("Connection").eq_ignore_ascii_case("close")
                    || !value("Content-Length").is_empty()
                    || !value("Transfer-Encoding").is_empty(),
            };
            unread.drain(..length);
            return Ok(Some(request));
        }
        let count = if unread.len() > HEAD_MAX { 0 } else { stream.read(&mut chunk)? };
        if count == 0 {
            return Ok(None);
        }
        unread.extend_from_slice(&chunk[..count]);
    }
}

fn is_local(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost")
}

fn respond(
    request: &Request,
    out: &mut TcpStream,
    status: &str,
    bytes: &[u8],
    kind: &str,
    kept: &str,
) -> io::Result<()> {
    let connection = if request.last { "close" } else { "keep-alive" };
    let length = bytes.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: {kept}\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: {connection}\r\n\r\n"
    );
    out.write_all(head.as_bytes())?;
    if request.method == "HEAD" { Ok(()) } else { out.write_all(bytes) }
}

fn changed(file: &Path) -> Option<SystemTime> {
    file.metadata().and_then(|found| found.modified()).ok()
}
