//! `sysdl serve` and `sysdl export-web`, as a browser and a static host meet them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server that ends with the test.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(args: &[&str]) -> Server {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sysdl"))
        .args(["serve", "--port", "0"])
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it says where it is");
    let port = line.trim().trim_end_matches('/').rsplit(':').next().and_then(|port| port.parse().ok());
    Server { child, port: port.unwrap_or_else(|| panic!("an address: {line}")) }
}

impl Server {
    fn connect(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket takes a timeout");
        stream.write_all(request.as_bytes()).expect("it reads");
        stream
    }

    /// Head and body of the answer to a request.
    fn ask(&self, method: &str, path: &str, host: &str) -> (String, Vec<u8>) {
        let mut stream =
            self.connect(&format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("it answers");
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        (String::from_utf8_lossy(&bytes[..end]).into_owned(), bytes[end + 4..].to_vec())
    }

    fn get(&self, path: &str) -> (String, Vec<u8>) {
        self.ask("GET", path, "127.0.0.1")
    }
}

fn blueprint(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../blueprints").join(name)
}

/// A folder of its own, gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sysdl-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("it can be made");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The address of an asset, as the page names it.
fn asset(page: &str, name: &str) -> String {
    let at = page.find(&format!("data-asset=\"{name}\"")).unwrap_or_else(|| panic!("{name} in {page}"));
    let href = page[at..].split("href=\"./").nth(1).expect("an address");
    href.split('"').next().unwrap_or_default().to_owned()
}

#[test]
fn it_serves_the_page_and_nothing_else() {
    let server = serve(&[]);
    let (head, body) = server.get("/");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/html"), "{head}");
    let page = String::from_utf8(body).expect("text");
    let compiler = asset(&page, "compiler.wasm");
    let (head, wasm) = server.get(&format!("/{compiler}"));
    assert!(head.contains("application/wasm") && head.contains("immutable"), "{head}");
    assert_eq!(&wasm[..4], b"\0asm");
    for path in ["/../Cargo.toml", "/etc/passwd", "/assets/../../Cargo.toml", "/given", "/events"] {
        assert!(server.get(path).0.starts_with("HTTP/1.1 404"), "{path}");
    }
    assert!(server.ask("POST", "/", "127.0.0.1").0.starts_with("HTTP/1.1 405"));
    assert!(server.ask("GET", "/", "localhost:4747").0.starts_with("HTTP/1.1 200"));
    assert!(server.ask("GET", "/", "evil.example").0.starts_with("HTTP/1.1 403"), "a name that was bound to us later");
}

#[test]
fn a_watched_file_is_told_of_when_it_changes() {
    let folder = Folder::new("watch");
    let file = folder.0.join("mine.sysdl");
    std::fs::copy(blueprint("retry_storm.sysdl"), &file).expect("it can be copied");
    let server = serve(&[file.to_str().expect("a plain path"), "--watch"]);
    let mut events = BufReader::new(server.connect("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
    let mut line = String::new();
    while !line.starts_with("retry:") {
        line.clear();
        assert!(events.read_line(&mut line).expect("it answers") > 0, "it ended");
    }
    let text = std::fs::read_to_string(&file).expect("it is there").replace("sysdl 1", "sysdl 1\n// changed");
    std::thread::sleep(Duration::from_millis(50));
    std::fs::write(&file, &text).expect("it can be written");
    while !line.starts_with("event: changed") {
        line.clear();
        assert!(events.read_line(&mut line).expect("it says so") > 0, "it ended");
    }
    let given: serde_json::Value = serde_json::from_slice(&server.get("/given").1).expect("JSON");
    assert_eq!(given["source"], text);
    assert_eq!(given["name"], "mine");
}

#[test]
fn a_site_is_whole_and_names_only_itself() {
    let folder = Folder::new("site");
    let site = folder.0.join("deep/site");
    let run = Command::new(env!("CARGO_BIN_EXE_sysdl"))
        .args(["export-web", site.to_str().expect("a plain path")])
        .arg(blueprint("chat.sysdl"))
        .output()
        .expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let page = std::fs::read_to_string(site.join("index.html")).expect("a page");
    let references = page.split("=\"./").skip(1).filter_map(|rest| rest.split('"').next());
    for reference in references.filter(|reference| !reference.is_empty()) {
        assert!(site.join(reference).is_file(), "{reference}");
    }
    assert!(!page.contains("=\"http"), "another origin");
    let given = std::fs::read_to_string(site.join(asset(&page, "given.json"))).expect("the file");
    assert!(given.contains("\"name\":\"chat\""));
    let headers = std::fs::read_to_string(site.join("_headers")).expect("for hosts that read it");
    assert!(headers.contains("/assets/*") && headers.contains("immutable"));
}

#[test]
fn one_file_holds_all() {
    let folder = Folder::new("single");
    let file = folder.0.join("shop.html");
    let run = Command::new(env!("CARGO_BIN_EXE_sysdl"))
        .args(["export-web", file.to_str().expect("a plain path"), "--single"])
        .output()
        .expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let page = std::fs::read_to_string(file).expect("a page");
    for name in ["compiler.wasm", "worker.js", "blueprints.json", "first.bin"] {
        assert!(page.contains(&format!("data-asset=\"{name}\"")), "{name}");
    }
    assert!(page.contains("<script type=\"module\">import \"#page/app.mjs\";"), "it begins");
    let beside = page.split("=\"./").skip(1).find(|rest| !rest.starts_with('"'));
    assert!(beside.is_none(), "something beside it: {beside:.80?}");
}
