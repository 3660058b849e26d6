//! One connection of a server: requests one after the other, each answered with what its path asks for.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Asked, Fault, File, State, locked};

/// The bytes that are written at once.
const CHUNK: usize = 4096;

/// The pause between two chunks of a body that never ends.
const PAUSE: Duration = Duration::from_millis(1);

/// How long a connection may be idle.
const IDLE: Duration = Duration::from_mins(1);

/// Serves a connection until one of both sides has enough.
pub(super) fn serve(mut stream: TcpStream, state: &State) {
    // A client that goes away is no error.
    let _ = stream.set_read_timeout(Some(IDLE));
    let _ = stream.set_nodelay(true);
    while let Ok(Some(asked)) = read_request(&mut stream) {
        if state.is_over.load(Ordering::Relaxed) {
            return;
        }
        locked(&state.requests).push(asked.clone());
        let file = take(state, asked.target.split('?').next().unwrap_or_default());
        let goes_on = match (&file, asked.method.as_str()) {
            (None, "CONNECT") => tunnel(&stream, &asked.target),
            (None, _) => plain(&mut stream, 404, &[]),
            (Some(file), _) => answer(&mut stream, state, &asked, file),
        };
        if !matches!(goes_on, Ok(true)) {
            return;
        }
    }
}

/// Returns what is at `path` with the faults that hold for this request, and counts those that hold for some only.
fn take(state: &State, path: &str) -> Option<File> {
    let mut files = locked(&state.files);
    let file = files.get_mut(path)?;
    let mut taken = file.clone();
    taken.faults.clear();
    for fault in &mut file.faults {
        match fault {
            Fault::Times(0, _) => {}
            Fault::Times(left, fault) => {
                *left -= 1;
                taken.faults.push((**fault).clone());
            }
            fault => taken.faults.push(fault.clone()),
        }
    }
    Some(taken)
}

/// Reads a request, but leaves its last byte unread: closing a connection with unread bytes resets it.
fn read_request(stream: &mut TcpStream) -> io::Result<Option<Asked>> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r") {
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        // The last byte of the request before.
        if !(bytes.is_empty() && byte == *b"\n") {
            bytes.push(byte[0]);
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut lines = text.lines();
    let mut words = lines
        .next()
        .unwrap_or_default()
        .split(' ')
        .map(str::to_owned);
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Ok(Some(Asked {
        method,
        target,
        headers: headers.collect(),
    }))
}

/// Answers a request; tells whether the connection goes on.
fn answer(stream: &mut TcpStream, state: &State, asked: &Asked, file: &File) -> io::Result<bool> {
    for fault in &file.faults {
        match fault {
            Fault::Status(status) => return plain(stream, *status, &[]),
            Fault::RetryAfter(seconds) => {
                return plain(stream, 429, &[("Retry-After", &seconds.to_string())]);
            }
            Fault::Redirect(to) => return plain(stream, 302, &[("Location", to)]),
            Fault::RequireAuth(user, password) if !is_login(asked, user, password) => {
                return plain(stream, 401, &[("WWW-Authenticate", "Basic realm=\"x\"")]);
            }
            Fault::Hang => {
                // Until the client closes the connection; the last byte of the request comes first.
                while stream.read(&mut [0; 16])? > 0 {}
                return Ok(false);
            }
            Fault::Raw(bytes) => {
                stream.read_exact(&mut [0])?;
                stream.write_all(bytes)?;
                return Ok(false);
            }
            Fault::IgnoreRange(size) => return endless(stream, state, *size),
            _ => {}
        }
    }
    whole_or_part(stream, state, asked, file)
}

fn is_login(asked: &Asked, user: &str, password: &str) -> bool {
    let wanted = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    asked.header("authorization") == Some(wanted.as_str())
}

/// Answers with a status and a short body.
fn plain(stream: &mut TcpStream, status: u16, headers: &[(&str, &str)]) -> io::Result<bool> {
    let body = "no file\n";
    let mut text = format!(
        "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        text.extend([*name, ": ", *value, "\r\n"]);
    }
    stream.write_all(format!("{text}\r\n{body}").as_bytes())?;
    Ok(true)
}

fn endless(stream: &mut TcpStream, state: &State, size: u64) -> io::Result<bool> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let mut left = size;
    while left > 0 && !state.is_over.load(Ordering::Relaxed) {
        let length = left.min(CHUNK as u64);
        stream.write_all(&[0; CHUNK][..usize::try_from(length).unwrap_or(CHUNK)])?;
        state.sent.fetch_add(length, Ordering::Relaxed);
        left -= length;
        thread::sleep(PAUSE);
    }
    Ok(left == 0)
}

/// Answers with the file or with the part of it that is asked for.
fn whole_or_part(
    stream: &mut TcpStream,
    state: &State,
    asked: &Asked,
    file: &File,
) -> io::Result<bool> {
    let total = file.bytes.len();
    let range = asked.header("range").map(|range| span(range, total));
    let (mut head, body) = match range {
        Some(None) => {
            let range = format!("bytes */{total}");
            return plain(stream, 416, &[("Content-Range", &range)]);
        }
        Some(Some((start, end))) => {
            let (shift, total) = lies(file, total);
            let head = format!(
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {}-{}/{total}\r\n",
                start + shift,
                end - 1 + shift
            );
            (head, &file.bytes[start..end])
        }
        None => ("HTTP/1.1 200 OK\r\n".to_owned(), file.bytes.as_slice()),
    };
    let packed = file.faults.contains(&Fault::Gzip).then(|| gzip(body));
    let body = packed.as_deref().unwrap_or(body);
    head += &headers(file, body.len());
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    send(stream, state, file, body)
}

/// What is wrong about a range: how far it is shifted, and the size of the file.
fn lies(file: &File, total: usize) -> (usize, u64) {
    let mut lies = (0, total as u64);
    for fault in &file.faults {
        match fault {
            Fault::WrongRange => lies.0 = 1,
            Fault::LiesAboutTotal(total) => lies.1 = *total,
            _ => {}
        }
    }
    lies
}

fn headers(file: &File, length: usize) -> String {
    let mut length = length as u64;
    let mut text = format!(
        "Content-Type: {}\r\nAccept-Ranges: bytes\r\n",
        file.content_type
    );
    for fault in &file.faults {
        match fault {
            Fault::LiesAboutLength(said) => length = *said,
            Fault::Gzip => text += "Content-Encoding: gzip\r\n",
            Fault::Header(name, value) => text.extend([name, ": ", value, "\r\n"]),
            _ => {}
        }
    }
    text + &format!("Content-Length: {length}\r\n")
}

fn send(stream: &mut TcpStream, state: &State, file: &File, body: &[u8]) -> io::Result<bool> {
    let mut pace = (CHUNK, Duration::ZERO);
    let (mut end, mut is_reset, mut goes_on) = (body.len(), false, true);
    for fault in &file.faults {
        match fault {
            Fault::Slow(bytes, pause) => pace = (*bytes, *pause),
            Fault::Truncate(at) | Fault::Reset(at) => {
                end = end.min(*at);
                is_reset = matches!(fault, Fault::Reset(_));
                goes_on = false;
            }
            Fault::LiesAboutLength(_) => goes_on = false,
            _ => {}
        }
    }
    for chunk in body[..end].chunks(pace.0.max(1)) {
        stream.write_all(chunk)?;
        state.sent.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        thread::sleep(pace.1);
    }
    if !goes_on && !is_reset {
        stream.read_exact(&mut [0])?;
        stream.shutdown(Shutdown::Write)?;
    }
    Ok(goes_on)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("writing into memory");
    encoder.finish().expect("writing into memory")
}

/// Reads a `Range` with one range; none if it is not in a file of `total` bytes.
fn span(range: &str, total: usize) -> Option<(usize, usize)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    if first.is_empty() {
        let length = last.parse::<usize>().ok()?.min(total);
        return (length > 0).then_some((total - length, total));
    }
    let start = first.parse().ok()?;
    let end = last
        .parse::<usize>()
        .map_or(total, |last| total.min(last.saturating_add(1)));
    (start < end).then_some((start, end))
}

/// Connects the client to another server, as a proxy does, until both have enough.
fn tunnel(client: &TcpStream, target: &str) -> io::Result<bool> {
    let server = TcpStream::connect(target)?;
    let (mut from_client, mut to_client) = (client.try_clone()?, client.try_clone()?);
    let (mut to_server, mut from_server) = (server.try_clone()?, server);
    from_client.read_exact(&mut [0])?;
    to_client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    let back = thread::spawn(move || io::copy(&mut from_server, &mut to_client));
    io::copy(&mut from_client, &mut to_server)?;
    to_server.shutdown(Shutdown::Write)?;
    drop(back.join());
    Ok(false)
}
