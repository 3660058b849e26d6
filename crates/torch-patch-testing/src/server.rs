//! A small HTTP/1.1 server on this machine, with ranges and with faults on demand. It knows plain HTTP only, and as a
//! proxy `CONNECT`.
//!
//! ```
//! use torch_patch_testing::{Fault, Server};
//!
//! let server = Server::start();
//! server.put("/a.whl", "0123456789");
//! server.fault("/a.whl", Fault::Status(503).times(2));
//! assert!(server.url("/a.whl").starts_with("http://127.0.0.1:"));
//! assert_eq!(server.requests().len(), 0);
//! ```

mod connection;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// A running server; it stops when this goes out of scope.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    state: Arc<State>,
}

/// What a server does wrong, or differently, for one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Only so many times; then the file is served as it should be.
    Times(usize, Box<Fault>),
    /// Ignores `Range`: status 200 and a body of so many zeros, slowly (about 4 MB/s).
    IgnoreRange(u64),
    /// Says with the right bytes that they are from one byte later.
    WrongRange,
    /// Says that the file has so many bytes.
    LiesAboutTotal(u64),
    /// Says that the body has so many bytes; sends what it should.
    LiesAboutLength(u64),
    /// Closes the connection after so many bytes of the body.
    Truncate(usize),
    /// Resets the connection after so many bytes of the body.
    Reset(usize),
    /// Answers with a status and no file.
    Status(u16),
    /// Answers 429 and asks to wait for so many seconds.
    RetryAfter(u64),
    /// Waits after each so many bytes of the body.
    Slow(usize, Duration),
    /// Answers nothing and keeps the connection.
    Hang,
    /// Sends elsewhere, with status 302.
    Redirect(String),
    /// Answers 401, unless the request has this user and password.
    RequireAuth(String, String),
    /// Sends the body with `Content-Encoding: gzip`.
    Gzip,
    /// Adds a header.
    Header(String, String),
    /// Sends these bytes as the whole answer and closes the connection.
    Raw(Vec<u8>),
}

impl Fault {
    /// Limits it to the next `times` requests.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self::Times(times, Box::new(self))
    }
}

/// A request that a server got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// Its target: path and query; of `CONNECT`, host and port.
    pub target: String,
    /// Its headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Asked {
    /// Returns the value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
struct State {
    files: Mutex<BTreeMap<String, File>>,
    requests: Mutex<Vec<Asked>>,
    connections: AtomicUsize,
    sent: AtomicU64,
    is_over: AtomicBool,
}

#[derive(Debug, Clone, Default)]
struct File {
    content_type: String,
    bytes: Arc<Vec<u8>>,
    faults: Vec<Fault>,
}

impl Server {
    /// Starts a server on a free port of 127.0.0.1. It has no files yet.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("the port is bound");
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.is_over.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&shared);
                shared.connections.fetch_add(1, Ordering::Relaxed);
                thread::spawn(move || stream.map(|stream| connection::serve(stream, &shared)));
            }
        });
        Self { address, state }
    }

    /// Puts a file at `path`, which begins with `/`. Its type follows from the name; a name without an extension is a page.
    pub fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        let name = path.rsplit('/').next().unwrap_or_default();
        let content_type = match name.rsplit_once('.').map(|(_, extension)| extension) {
            None | Some("html") => "text/html; charset=utf-8",
            Some("json") => "application/vnd.pypi.simple.v1+json",
            _ => "application/octet-stream",
        };
        self.put_as(path, content_type, bytes);
    }

    /// Puts a file of some type at `path`.
    pub fn put_as(&self, path: &str, content_type: &str, bytes: impl Into<Vec<u8>>) {
        let mut files = locked(&self.state.files);
        let file = files.entry(path.to_owned()).or_default();
        content_type.clone_into(&mut file.content_type);
        file.bytes = Arc::new(bytes.into());
    }

    /// Adds a fault to what is at `path`, whether or not there is a file. The first fault that says how to answer counts.
    pub fn fault(&self, path: &str, fault: Fault) {
        let mut files = locked(&self.state.files);
        files.entry(path.to_owned()).or_default().faults.push(fault);
    }

    /// Makes the file at `path` faultless.
    pub fn heal(&self, path: &str) {
        if let Some(file) = locked(&self.state.files).get_mut(path) {
            file.faults.clear();
        }
    }

    /// Returns the address of `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns host and port.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Returns the requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Asked> {
        locked(&self.state.requests).clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        locked(&self.state.requests).clear();
    }

    /// Returns the number of connections so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Returns the number of bytes of bodies that were handed to the system so far; it buffers up to a few megabytes.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.state.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for connections.
        drop(TcpStream::connect(self.address));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
