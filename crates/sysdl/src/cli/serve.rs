//! `sysdl serve`: the page on this machine, and on no other.
//!
//! It answers on the loopback address only, to requests that name it by a loopback name, with its own files and the one file
//! that was named; nothing in a request chooses a path on disk.

use super::args::ServeArgs;
use super::{OK, site, trouble};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use sysdl_web::{Site, mime};
use tiny_http::{Header, Method, Request, Response, Server};

/// How often a watched file is looked at.
const LOOK: Duration = Duration::from_millis(150);

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
    let server = Server::http(("127.0.0.1", args.port))
        .map_err(|error| trouble(format!("cannot listen on port {}: {error}", args.port)))?;
    let port = server.server_addr().to_ip().map_or(args.port, |address| address.port());
    println!("http://127.0.0.1:{port}/");
    let _ = std::io::stdout().flush();
    let file = args.watch.then(|| args.file.clone()).flatten();
    let served = Arc::new(Served { site: Site::new(&assets), file });
    for request in server.incoming_requests() {
        let served = Arc::clone(&served);
        // A thread for each: a page that watches keeps its connection.
        std::thread::spawn(move || served.answer(request));
    }
    Ok(())
}

impl Served {
    fn answer(&self, request: Request) {
        let path = request.url().split(['?', '#']).next().unwrap_or_default().trim_start_matches('/').to_owned();
        // A browser that was led here under a stranger's name is not answered.
        if !is_local(&request) {
            let _ = request.respond(
                Response::from_string("this page answers to 127.0.0.1 and localhost only").with_status_code(403),
            );
        } else if !matches!(request.method(), Method::Get | Method::Head) {
            let _ = request.respond(Response::from_string("only GET and HEAD").with_status_code(405));
        } else if let ("events", Some(file)) = (path.as_str(), &self.file) {
            tell_changes(file, request);
        } else if let ("given", Some(file)) = (path.as_str(), &self.file) {
            let source = std::fs::read(file).unwrap_or_default();
            respond(request, &site::given(file, &source, true), "application/json", "no-store");
        } else if let Some(bytes) = self.site.get(&path) {
            let kept = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
            respond(request, bytes, mime(if path.is_empty() { "index.html" } else { &path }), kept);
        } else {
            let _ = request.respond(Response::from_string("there is no such file").with_status_code(404));
        }
    }
}

fn is_local(request: &Request) -> bool {
    let host = request.headers().iter().find(|header| header.field.equiv("Host")).map(|header| header.value.as_str());
    let name = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    matches!(name, Some("127.0.0.1" | "localhost" | "[::1]"))
}

fn respond(request: Request, bytes: &[u8], kind: &str, kept: &str) {
    // Its length is known: no reason to send it in chunks.
    let mut response = Response::from_data(bytes).with_chunked_threshold(usize::MAX);
    for (name, value) in [("Content-Type", kind), ("Cache-Control", kept), ("X-Content-Type-Options", "nosniff")] {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    let _ = request.respond(response);
}

/// Says each time that the file has changed, until nobody listens any more.
fn tell_changes(file: &Path, request: Request) {
    let changed = |file: &Path| file.metadata().and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let mut out = request.into_writer();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\nretry: 500\n\n";
    let mut last = changed(file);
    let mut idle = 0;
    let mut told = out.write_all(head.as_bytes()).and_then(|()| out.flush());
    while told.is_ok() {
        std::thread::sleep(LOOK);
        let now = changed(file);
        idle += 1;
        if now != last {
            last = now;
            told = out.write_all(b"event: changed\ndata: \n\n").and_then(|()| out.flush());
        } else if idle % 100 == 0 {
            told = out.write_all(b": still here\n\n").and_then(|()| out.flush());
        }
    }
}
