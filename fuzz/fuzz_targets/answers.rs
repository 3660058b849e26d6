//! Any bytes as the answer of a package index: nothing panics, and no address or name leads anywhere
//! but to a wheel of the project.
//!
//! Every address leads to one server in this process, which all requests take for their proxy: a
//! redirection of the input reaches nobody. The first byte says what the rest is.

#![no_main]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use libfuzzer_sys::{Corpus, fuzz_target};
use torch_patch_store::Digest;
use torch_patch_upstream::{
    Client, ClientSettings, IndexSettings, Location, Wheel, WheelName, members, wheels,
};

const INDEX: &str = "http://index.invalid/simple/";
const WHEEL: &str = "http://index.invalid/torch-1.0-py3-none-any.whl";

static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let proxy = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            answer(connection);
        }
    });
    let settings = ClientSettings {
        http_proxy: Some(proxy.clone()),
        https_proxy: Some(proxy),
        timeout: Duration::from_millis(500),
        retries: 0,
        ..ClientSettings::default()
    };
    Client::new(settings).expect("the settings make sense")
});

/// Reads the head of one request, writes the answer and hangs up.
fn answer(mut connection: TcpStream) {
    let _ = connection.set_read_timeout(Some(Duration::from_millis(500)));
    let (mut head, mut part) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match connection.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&part[..read]),
        }
    }
    let bytes = ANSWER.lock().expect("no one panics with it").clone();
    let _ = connection.write_all(&bytes);
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((&kind, body)) = data.split_first() else {
        return Corpus::Reject;
    };
    let page = |media_type: &str| {
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        )
        .into_bytes();
        answer.extend_from_slice(body);
        answer
    };
    let client = &*CLIENT;
    *ANSWER.lock().expect("no one panics with it") = match kind {
        b'j' => page("application/vnd.pypi.simple.v1+json"),
        b'h' => page("text/html"),
        b'a' | b'w' => body.to_vec(),
        _ => return Corpus::Reject,
    };
    if kind == b'w' {
        wheel(client);
    } else {
        index(client);
    }
    Corpus::Keep
});

fn index(client: &Client) {
    let settings = IndexSettings {
        index_urls: vec![INDEX.to_owned()],
        find_links: Vec::new(),
    };
    match wheels(client, &settings, "torch") {
        Ok(listing) => {
            for wheel in listing.wheels {
                assert_eq!(wheel.name.distribution.to_lowercase(), "torch");
                assert!(!wheel.name.file_name.contains(['/', '\\', '\0']));
                let Location::Url(url) = wheel.location else {
                    panic!("a page on the web names a file of this machine");
                };
                let is_web = url.starts_with("http://") || url.starts_with("https://");
                assert!(is_web && !url.contains('@'), "{url}");
            }
        }
        Err(error) => drop(error.to_string()),
    }
}

fn wheel(client: &Client) {
    let wheel = Wheel {
        name: WheelName::parse("torch-1.0-py3-none-any.whl").expect("the name of a wheel"),
        location: Location::Url(WHEEL.to_owned()),
        size: None,
        digest: None,
        metadata_digest: None,
        yanked: None,
    };
    match members(client, None, &wheel, &["torch/version.py"]) {
        Ok(found) => {
            for member in found.values().flatten() {
                assert_eq!(member.digest, Digest::of(&member.bytes));
            }
        }
        Err(error) => drop(error.to_string()),
    }
}
