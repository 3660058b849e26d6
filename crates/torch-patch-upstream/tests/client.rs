//! HTTP as the crate speaks it: retries, redirections, credentials, proxies, and answers that cannot be trusted.
//!
//! Everything goes through lists of wheels and members, the public face; the rules of ranges have their own tests beside
//! them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use torch_patch_testing::{Fault, Server};
use torch_patch_upstream::{Client, ClientSettings, IndexSettings, Listing, UpstreamError, wheels};

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
        assert!(
            listing.is_ok_and(|listing| listing.wheels.len() == 1),
            "{fault:?}"
        );
        assert_eq!(server.requests().len(), 4, "{fault:?}");
    }
}

#[test]
fn after_the_last_try_the_error_says_what_happened() {
    for (fault, code) in [
        (Fault::Status(503), "server-error"),
        (Fault::Reset(0), "unreachable"),
        (Fault::Truncate(4), "unreachable"),
    ] {
        let server = server();
        server.fault(PAGE, fault.clone());
        let error = list(&server).unwrap_err();
        assert_eq!(error.code(), code, "{fault:?}: {error}");
        assert_eq!(server.requests().len(), 4, "{fault:?}");
    }
}

#[test]
fn what_will_not_pass_is_not_tried_again() {
    for (status, code) in [
        (400, "server-error"),
        (401, "unauthorized"),
        (403, "unauthorized"),
        (404, "project-not-found"),
        (410, "project-not-found"),
        (501, "server-error"),
    ] {
        let server = server();
        server.fault(PAGE, Fault::Status(status));
        let error = list(&server).unwrap_err();
        assert_eq!(error.code(), code, "{status}: {error}");
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

#[test]
fn waits_grow_and_the_server_may_ask_for_longer_ones() {
    let server = server();
    server.fault(PAGE, Fault::Status(503).times(3));
    let slow = ClientSettings {
        backoff: Duration::from_millis(40),
        ..settings()
    };
    let began = Instant::now();
    list_with(slow, server.url("/simple")).unwrap();
    assert!(began.elapsed() >= Duration::from_millis(40 + 80 + 160));

    server.heal(PAGE);
    server.fault(PAGE, Fault::RetryAfter(1).times(1));
    let began = Instant::now();
    list(&server).unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[test]
fn nothing_is_repeated_where_no_repetition_is_wanted() {
    let server = server();
    server.fault(PAGE, Fault::Status(503));
    let once = ClientSettings {
        retries: 0,
        ..settings()
    };
    assert!(list_with(once, server.url("/simple")).is_err());
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_server_that_says_nothing_is_given_up_and_a_slow_one_is_not() {
    let hasty = || ClientSettings {
        timeout: Duration::from_millis(300),
        retries: 1,
        ..settings()
    };
    let server = server();
    server.fault(PAGE, Fault::Hang);
    let began = Instant::now();
    let error = list_with(hasty(), server.url("/simple")).unwrap_err();
    assert!(
        error.to_string().ends_with("nothing came for 0.3 s"),
        "{error}"
    );
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!(server.requests().len(), 2);

    server.heal(PAGE);
    // More than the timeout in all, each part in time.
    server.fault(PAGE, Fault::Slow(8, Duration::from_millis(100)));
    assert!(list_with(hasty(), server.url("/simple")).is_ok());
}

#[test]
fn a_server_that_is_not_there() {
    let address = Server::start().url("/simple");
    let error = list_with(settings(), address).unwrap_err();
    // The port was closed a moment ago, or the system has not noticed yet.
    assert_eq!(error.code(), "unreachable", "{error}");
}

#[test]
fn connections_are_used_again() {
    let server = server();
    let client = Client::new(settings()).unwrap();
    for _ in 0..5 {
        wheels(&client, &index(server.url("/simple")), "torch").unwrap();
    }
    assert_eq!((server.requests().len(), server.connections()), (5, 1));
}

#[test]
fn threads_share_a_client() {
    let server = server();
    let client = Arc::new(Client::new(settings()).unwrap());
    let address = server.url("/simple");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..4 {
                    wheels(&client, &index(address.clone()), "torch").unwrap();
                }
            });
        }
    });
    assert_eq!(server.requests().len(), 32);
    assert!(server.connections() <= 8, "{}", server.connections());
    assert_eq!(client.traffic().requests, 32);
    assert_eq!(client.traffic().bytes, 32 * WHEEL.len() as u64);
}

#[test]
fn redirections_are_followed_up_to_five_times() {
    for (count, is_fine) in [(1, true), (5, true), (6, false)] {
        let server = server();
        for at in 0..count {
            let to = if at + 1 == count {
                PAGE.to_owned()
            } else {
                format!("/hop/{}/torch/", at + 1)
            };
            server.fault(&format!("/hop/{at}/torch/"), Fault::Redirect(to));
        }
        let listing = list_with(settings(), server.url("/hop/0"));
        assert_eq!(listing.is_ok(), is_fine, "{count}: {listing:?}");
        if let Err(error) = listing {
            assert_eq!(error.code(), "bad-redirect");
        }
    }
}

#[test]
fn redirections_to_nowhere_are_errors() {
    for to in [
        "ftp://host/",
        "javascript:x",
        "file:///etc/passwd",
        "http://",
        "data:text/html,x",
    ] {
        let server = server();
        server.fault(PAGE, Fault::Redirect(to.to_owned()));
        let error = list(&server).unwrap_err();
        assert_eq!(error.code(), "bad-redirect", "{to}: {error}");
        assert_eq!(server.requests().len(), 1, "{to}");
    }
}

#[test]
fn links_are_relative_to_where_a_redirection_led() {
    let server = Server::start();
    server.put(
        "/moved/torch/",
        "<a href='torch-2.0.0-cp310-cp310-win_amd64.whl'>a</a>",
    );
    server.fault(PAGE, Fault::Redirect("/moved/torch/".to_owned()));
    let listing = list(&server).unwrap();
    let wanted = server.url("/moved/torch/torch-2.0.0-cp310-cp310-win_amd64.whl");
    assert!(format!("{:?}", listing.wheels[0].location).contains(&wanted));
}

#[test]
fn gzip_is_unpacked_and_other_encodings_are_refused() {
    let server = server();
    server.fault(PAGE, Fault::Gzip);
    assert_eq!(list(&server).unwrap().wheels.len(), 1);
    assert_eq!(server.requests()[0].header("accept-encoding"), Some("gzip"));

    server.heal(PAGE);
    server.fault(
        PAGE,
        Fault::Header("Content-Encoding".to_owned(), "br".to_owned()),
    );
    assert_eq!(list(&server).unwrap_err().code(), "unexpected-answer");
}

#[test]
fn a_page_that_unpacks_to_too_much_is_an_error() {
    let server = Server::start();
    server.put(PAGE, vec![b' '; 65 * 1024 * 1024]);
    server.fault(PAGE, Fault::Gzip);
    let error = list(&server).unwrap_err();
    assert_eq!(error.code(), "too-large", "{error}");
}

#[test]
fn certificates_have_to_be_certificates() {
    for pem in [
        "",
        "no PEM",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    ] {
        let settings = ClientSettings {
            certificates: Some(pem.as_bytes().to_vec()),
            ..settings()
        };
        assert_eq!(
            Client::new(settings).unwrap_err().code(),
            "bad-certificates",
            "{pem}"
        );
    }
}

#[test]
#[ignore = "needs the network; .ci/run runs it"]
fn given_certificates_take_the_place_of_the_systems() {
    let certificate = include_bytes!("../../cli/index_settings/certificate.pem");
    let settings = ClientSettings {
        certificates: Some(certificate.to_vec()),
        ..settings()
    };
    let error = list_with(settings, "https://pypi.org/simple/".to_owned()).unwrap_err();
    assert_eq!(error.code(), "insecure", "{error}");
}
