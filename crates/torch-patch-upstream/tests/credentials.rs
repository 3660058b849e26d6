//! Credentials: who gets them, and that nothing shows them.

use std::time::Duration;

use torch_patch_testing::{Fault, Server};
use torch_patch_upstream::{
    Client, ClientSettings, IndexSettings, Listing, Netrc, UpstreamError, wheels,
};

const PAGE: &str = "/simple/torch/";
const WHEEL: &str = "<a href='/files/torch-2.0.0-cp310-cp310-win_amd64.whl'>a</a>";
/// `Basic` with `ann:s3cret@1`.
const HEADER: &str = "Basic YW5uOnMzY3JldEAx";

fn settings(netrc: &str) -> ClientSettings {
    ClientSettings {
        backoff: Duration::from_millis(1),
        netrc: Netrc::parse(netrc),
        ..ClientSettings::default()
    }
}

fn server() -> Server {
    let server = Server::start();
    server.put(PAGE, WHEEL);
    server.fault(
        PAGE,
        Fault::RequireAuth("ann".to_owned(), "s3cret@1".to_owned()),
    );
    server
}

fn list(settings: ClientSettings, address: String) -> Result<Listing, UpstreamError> {
    let client = Client::new(settings)?;
    let settings = IndexSettings {
        index_urls: vec![address],
        find_links: Vec::new(),
    };
    wheels(&client, &settings, "torch")
}

/// The address of `path` on `server`, with credentials.
fn with_login(server: &Server, path: &str) -> String {
    format!("http://ann:s3cret%401@{}{path}", server.host())
}

/// The `Authorization` headers that `server` got.
fn got(server: &Server) -> Vec<Option<String>> {
    let requests = server.requests();
    let headers = requests.iter().map(|asked| asked.header("authorization"));
    headers.map(|header| header.map(str::to_owned)).collect()
}

#[test]
fn credentials_in_the_address_are_sent_and_not_kept_in_locations() {
    let server = server();
    let listing = list(settings(""), with_login(&server, "/simple")).unwrap();
    assert_eq!(got(&server), [Some(HEADER.to_owned())]);
    let shown = format!("{listing:?}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("ann"),
        "{shown}"
    );
}

#[test]
fn netrc_has_credentials_by_host() {
    let server = server();
    let netrc = "machine 127.0.0.1 login ann password s3cret@1";
    assert!(list(settings(netrc), server.url("/simple")).is_ok());
    let other = "machine example.org login ann password s3cret@1";
    let error = list(settings(other), server.url("/simple")).unwrap_err();
    assert_eq!(error.code(), "unauthorized");
    assert!(error.hints()[0].contains("netrc") && error.to_string().contains("127.0.0.1"));
    assert_eq!(got(&server), [Some(HEADER.to_owned()), None]);
}

#[test]
fn credentials_are_not_sent_to_another_origin() {
    let (server, other) = (server(), Server::start());
    other.put("/simple/torch/", WHEEL);
    server.heal(PAGE);
    let to = format!("http://ann:s3cret%401@{}/simple/torch/", other.host());
    server.fault(PAGE, Fault::Redirect(to));
    list(settings(""), with_login(&server, "/simple")).unwrap();
    assert_eq!(got(&server), [Some(HEADER.to_owned())]);
    assert_eq!(got(&other), [None]);
}

#[test]
fn a_proxy_gets_its_credentials_and_the_server_does_not() {
    let (server, proxy) = (server(), Server::start());
    server.heal(PAGE);
    let through = |no_proxy: &str| ClientSettings {
        http_proxy: Some(format!("http://ann:s3cret%401@{}", proxy.host())),
        no_proxy: Some(no_proxy.to_owned()),
        ..settings("")
    };
    list(through(""), server.url("/simple")).unwrap();
    let asked = &proxy.requests()[0];
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("CONNECT", server.host().as_str())
    );
    assert_eq!(asked.header("proxy-authorization"), Some(HEADER));
    assert_eq!(server.requests()[0].header("proxy-authorization"), None);

    list(through("127.0.0.1"), server.url("/simple")).unwrap();
    assert_eq!((proxy.requests().len(), server.requests().len()), (1, 2));
}

/// Every error that a request can end in, and everything that can be printed on the way.
#[test]
fn nothing_shows_credentials() {
    let faults = [
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(404),
        Fault::Status(500),
        Fault::Reset(0),
        Fault::Truncate(3),
        Fault::Raw(b"HTTP/1.1 302 Found\r\nLocation: http://ann:s3cret@1@\r\n\r\n".to_vec()),
        Fault::Redirect("ftp://ann:s3cret@host/".to_owned()),
        Fault::Redirect("http://ann:s3cret@127.0.0.1:1/".to_owned()),
        Fault::Redirect("http://ann:s3cret@[bad/".to_owned()),
        Fault::Header("Content-Encoding".to_owned(), "x".to_owned()),
    ];
    for fault in faults {
        let server = server();
        server.heal(PAGE);
        server.fault(PAGE, fault.clone());
        let error = list(settings(""), with_login(&server, "/simple")).unwrap_err();
        secret_free(&error, &format!("{fault:?}"));
    }
    for address in [
        "http://ann:s3cret@[bad",
        "ftp://ann:s3cret@host/",
        "ann:s3cret@host/simple",
        "http://ann:s3cret/x@host:port/",
        "http://ann:s3cret@127.0.0.1:1/simple",
    ] {
        let error = list(settings(""), address.to_owned()).unwrap_err();
        secret_free(&error, address);
    }
    for proxy in [
        "gopher://ann:s3cret@host",
        "http://ann:s3cret@127.0.0.1:1",
        "http://ann:s3cret@[bad",
    ] {
        let settings = ClientSettings {
            http_proxy: Some(proxy.to_owned()),
            ..settings("machine h login ann password s3cret")
        };
        assert!(!format!("{settings:?}").contains("s3cret"));
        let error = list(settings, "http://127.0.0.1:1/simple".to_owned()).unwrap_err();
        secret_free(&error, proxy);
    }
}

fn secret_free(error: &UpstreamError, case: &str) {
    let shown = format!("{error} {error:?} {:?} {}", error.hints(), error.code());
    assert!(
        !shown.contains("s3cret") && !shown.contains("ann:"),
        "{case}: {shown}"
    );
}

#[test]
fn a_client_shows_no_credentials() {
    let server = server();
    let client = Client::new(ClientSettings {
        http_proxy: Some("http://ann:s3cret@127.0.0.1:1".to_owned()),
        no_proxy: Some("*".to_owned()),
        ..settings("machine h login ann password s3cret")
    })
    .unwrap();
    let settings = IndexSettings {
        index_urls: vec![with_login(&server, "/simple")],
        find_links: vec![with_login(&server, "/links")],
    };
    server.put("/links", "");
    wheels(&client, &settings, "torch").unwrap();
    let shown = format!("{client:?} {settings:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
}
