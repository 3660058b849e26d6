//! HTTP as the crate speaks it: retries, redirections, credentials, proxies, and answers that cannot be trusted.
//!
//! Everything goes through lists of wheels and members, the public face; the rules of ranges have their own tests beside
//! them.

use std::time::{Duration, Instant};

use torch_patch_testing::{Fault, Server};
use torch_patch_upstream::{
    Client, ClientSettings, IndexSettings, Listing, UpstreamError, UpstreamErrorKind, wheels,
};

const PAGE: &str = "/simple/torch/";
const WHEEL: &str = "<a href='/files/torch-2.0.0-cp310-cp310-win_amd64.whl'>a</a>";

/// A server with a page that lists one wheel.
fn server() -> Server {
    let server = Server::start();
    server.put(PAGE, WHEEL);
    server
}

fn settings() -> ClientSettings {
    ClientSettings {
        backoff: Duration::from_millis(1),
        timeout: Duration::from_secs(5),
        ..ClientSettings::default()
    }
}

fn index(address: String) -> IndexSettings {
    IndexSettings {
        index_urls: vec![address],
        find_links: Vec::new(),
    }
}

fn list_with(settings: ClientSettings, address: String) -> Result<Listing, UpstreamError> {
    let client = Client::new(settings)?;
    wheels(&client, &index(address), "torch")
}

fn list(server: &Server) -> Result<Listing, UpstreamError> {
    list_with(settings(), server.url("/simple"))
}

#[test]
fn what_may_pass_is_tried_again() {
    for fault in [
        Fault::Status(429),
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::Status(504),
        Fault::Truncate(0),
        Fault::Truncate(9),
        Fault::Reset(0),
        Fault::Reset(9),
        Fault::Raw(Vec::new()),
        Fault::Raw(b"no HTTP at all\r\n\r\n".to_vec()),
    ] {
        let server = server();
        server.fault(PAGE, fault.clone().times(3));
        let listing = list(&server);
        assert!(listing.is_ok_and(|listing| listing.wheels.len() == 1), "{fault:?}");
        assert_eq!(server.requests().len(), 4, "{fault:?}");
    }
}
