//! Lists of wheels: pages of an index, folders, and what is wrong with some.

use std::path::Path;
use std::time::Duration;

use torch_patch_store::Digest;
use torch_patch_testing::{Fault, Server};
use torch_patch_upstream::{
    Client, ClientSettings, IndexSettings, Listing, Location, UpstreamError, Wheel, wheel_at,
    wheels,
};

const A: &str = "torch-2.0.0-cp310-cp310-win_amd64.whl";
const B: &str = "torch-2.1.0-cp310-cp310-win_amd64.whl";
const JSON: &str = "application/vnd.pypi.simple.v1+json";

fn list(index_urls: &[String], find_links: &[String]) -> Result<Listing, UpstreamError> {
    let client = Client::new(ClientSettings {
        backoff: Duration::from_millis(1),
        ..ClientSettings::default()
    })?;
    let settings = IndexSettings {
        index_urls: index_urls.to_vec(),
        find_links: find_links.to_vec(),
    };
    wheels(&client, &settings, "Torch")
}

/// The wheels of a page at `/simple/torch/`.
fn page(content_type: &str, text: &str) -> Result<Vec<Wheel>, UpstreamError> {
    let server = Server::start();
    server.put_as("/simple/torch/", content_type, text);
    list(&[server.url("/simple")], &[]).map(|listing| listing.wheels)
}

fn names(wheels: &[Wheel]) -> Vec<&str> {
    let names = wheels.iter().map(|wheel| wheel.name.file_name.as_str());
    names.collect()
}

/// The path of a wheel's address.
fn path(wheel: &Wheel) -> String {
    match &wheel.location {
        Location::Url(url) => url.splitn(4, '/').nth(3).unwrap().to_owned(),
        Location::File(path) => path.display().to_string(),
    }
}

fn digits(digit: &str) -> String {
    digit.repeat(64)
}

#[test]
fn an_address_alone_names_a_wheel() {
    for (address, wanted) in [
        (
            format!("https://u:p@h/a/{A}#sha256={}", digits("a")),
            Some(format!("h/a/{A}")),
        ),
        (
            "https://h/torch%2D2.0.0-cp310-cp310-win_amd64.whl".to_owned(),
            Some("h/torch%2D2.0.0-cp310-cp310-win_amd64.whl".to_owned()),
        ),
        ("https://h/torch-2.0.0.tar.gz".to_owned(), None),
        ("ftp://h/".to_owned() + A, None),
        (A.to_owned(), None),
    ] {
        let found = wheel_at(&address, None);
        let place = found.as_ref().map(|wheel| match &wheel.location {
            Location::Url(url) => url.trim_start_matches("https://").to_owned(),
            Location::File(path) => path.display().to_string().replace('\\', "/"),
        });
        assert_eq!(place, wanted, "{address}");
        let digest = found.and_then(|wheel| wheel.digest);
        assert_eq!(digest.is_some(), address.contains("#sha256="), "{address}");
    }
}

#[test]
fn a_list_in_json_is_read() {
    let text = format!(
        r#"{{"meta": {{"api-version": "1.7", "more": 1}}, "name": "torch", "files": [
        {{"filename": "{A}", "url": "../../f/{A}", "hashes": {{"md5": "x", "sha256": "{}"}}, "size": 7,
          "core-metadata": {{"sha256": "{}"}}, "dist-info-metadata": true, "yanked": false}},
        {{"filename": "{B}", "url": "/f/{B}", "hashes": {{}}, "yanked": "broken",
          "dist-info-metadata": {{"sha256": "{}"}}}},
        {{"filename": "torch-2.2.0-cp310-cp310-win_amd64.whl", "url": "/c", "hashes": {{"sha256": "short"}}, "yanked": true}},
        {{"filename": "torch-2.2.0.tar.gz", "url": "/d", "hashes": {{}}}},
        {{"filename": "torchvision-2.2.0-cp310-cp310-win_amd64.whl", "url": "/e", "hashes": {{}}}},
        {{"url": "/no-name"}}, 5, null]}}"#,
        digits("1"),
        digits("2"),
        digits("3"),
    );
    let wheels = page(JSON, &text).unwrap();
    assert_eq!(wheels.len(), 3);
    assert_eq!(
        (path(&wheels[0]), wheels[0].size),
        (format!("f/{A}"), Some(7))
    );
    let digest = |digest: &Option<Digest>| digest.as_ref().map(Digest::hex);
    assert_eq!(digest(&wheels[0].digest), Some(digits("1")));
    assert_eq!(digest(&wheels[0].metadata_digest), Some(digits("2")));
    assert_eq!(digest(&wheels[1].metadata_digest), Some(digits("3")));
    assert_eq!((&wheels[1].digest, &wheels[2].digest), (&None, &None));
    let yanked: Vec<Option<&str>> = wheels.iter().map(|wheel| wheel.yanked.as_deref()).collect();
    assert_eq!(yanked, [None, Some("broken"), Some("")]);
}

#[test]
fn a_list_in_html_is_read() {
    let wheel = "torch-2.0.1%2Bcu118-cp310-cp310-win_amd64.whl";
    let (one, two) = (digits("1"), digits("2"));
    let cases = [
        (
            format!("<a href='../../f/{wheel}#sha256={one}'>x</a>"),
            format!("f/{wheel}"),
        ),
        (
            format!("<A\n  CLASS=x HREF=/f/{wheel}#md5=1&amp;sha256={one}>x</A>"),
            format!("f/{wheel}"),
        ),
        (
            format!("<base href='/b/c/'><a href=\"{wheel}#sha256={one}\">x</a><base href='/no/'>"),
            format!("b/c/{wheel}"),
        ),
        (
            format!("<a href='/f/{wheel}?a=1&amp;b=2#sha256={one}'>x"),
            format!("f/{wheel}?a=1&b=2"),
        ),
        (
            format!(
                "<a href='&#47;f/torch-2.0.1+cu118-cp310-cp310-win_amd64.whl#sha256={one}'>x</a>"
            ),
            "f/torch-2.0.1+cu118-cp310-cp310-win_amd64.whl".to_owned(),
        ),
    ];
    for (text, wanted) in cases {
        let wheels = page("text/html; charset=UTF-8", &text).unwrap();
        assert_eq!(wheels.len(), 1, "{text}");
        assert_eq!(path(&wheels[0]), wanted);
        assert_eq!(wheels[0].name.version, "2.0.1+cu118");
        assert_eq!(
            wheels[0].digest.as_ref().map(Digest::hex),
            Some(one.clone()),
            "{text}"
        );
        assert_eq!(
            (&wheels[0].metadata_digest, &wheels[0].yanked),
            (&None, &None)
        );
    }
    let text = format!(
        "<meta name='pypi:repository-version' content='1.1'>
        <a href='{A}' data-core-metadata='sha256={one}' data-dist-info-metadata='true' data-yanked='a &gt; b'>x</a>
        <a href='{B}' data-dist-info-metadata='sha256={two}' data-yanked>x</a>
        <!-- <a href='torch-2.2.0-cp310-cp310-win_amd64.whl'> --><script>'<a href=\"torch-2.3.0-cp310-cp310-win_amd64.whl\">'</script>"
    );
    let wheels = page("application/vnd.pypi.simple.v1+html", &text).unwrap();
    assert_eq!(names(&wheels), [A, B]);
    let metadata = wheels
        .iter()
        .map(|wheel| wheel.metadata_digest.as_ref().unwrap().hex());
    assert!(metadata.eq([one, two]));
    let yanked: Vec<Option<&str>> = wheels.iter().map(|wheel| wheel.yanked.as_deref()).collect();
    assert_eq!(yanked, [Some("a > b"), Some("")]);
}

#[test]
fn hostile_links_are_passed_over() {
    let text = format!(
        "<a href='javascript:{A}'>1</a> <a href='data:text/html,{A}'>2</a> <a href='ftp://host/{A}'>3</a>
        <a href='file:///{A}'>4</a> <a href='//'>5</a> <a>6</a> <a href=''>7</a> <a href='http://[/{A}'>8</a>
        <a href='http://:80/{A}'>9</a> <a href='..%2F{A}'>10</a> <a href='{A}%00'>11</a> <a href='{B}'>12</a>"
    );
    assert_eq!(names(&page("text/html", &text).unwrap()), [B]);
}

#[test]
fn a_page_that_is_no_list_is_an_error() {
    let many = "<a href=x>".repeat(100_001);
    let cases = [
        (JSON, "", "it is no JSON"),
        (JSON, "<html>", "it is no JSON"),
        (JSON, "{\"files\": []}", "expected version 1"),
        (
            JSON,
            "{\"meta\": {\"api-version\": \"2.0\"}, \"files\": []}",
            "expected version 1 of the interface, found `2.0`",
        ),
        (
            JSON,
            "{\"meta\": {\"api-version\": \"1.0\"}}",
            "there is no list `files`",
        ),
        (
            "text/html",
            "<META CONTENT='2.0' NAME='pypi:repository-version'>",
            "found `2.0`",
        ),
        (
            "application/octet-stream",
            "",
            "expected JSON or HTML, found `application/octet-stream`",
        ),
        (
            "application/vnd.pypi.simple.v2+json",
            "{}",
            "expected JSON or HTML",
        ),
        ("text/html", &many, "more than 100000 files"),
    ];
    for (content_type, text, wanted) in cases {
        let error = page(content_type, text).unwrap_err();
        assert_eq!(error.code(), "bad-page");
        assert!(error.to_string().contains(wanted), "{error}");
    }
}

#[test]
fn a_page_without_wheels_is_an_empty_list() {
    for (content_type, text) in [
        ("text/html", ""),
        (
            JSON,
            "{\"meta\": {\"api-version\": \"1.0\"}, \"files\": []}",
        ),
    ] {
        assert_eq!(page(content_type, text).unwrap(), []);
    }
}

#[test]
fn the_first_place_that_has_a_file_counts() {
    let (one, two) = (Server::start(), Server::start());
    one.put("/simple/torch/", format!("<a href='/one/{A}'>x</a>"));
    two.put(
        "/simple/torch/",
        format!("<a href='/two/{A}'>x</a><a href='/two/{B}'>x</a>"),
    );
    let listing = list(&[one.url("/simple/"), two.url("/simple")], &[]).unwrap();
    let paths: Vec<String> = listing.wheels.iter().map(path).collect();
    assert_eq!(paths, [format!("one/{A}"), format!("two/{B}")]);
    assert_eq!(one.requests()[0].target, "/simple/torch/");
    assert!(
        one.requests()[0]
            .header("accept")
            .unwrap()
            .starts_with(JSON)
    );
}

#[test]
fn an_index_without_the_project_is_passed_over_and_one_that_fails_is_not() {
    let (one, two) = (Server::start(), Server::start());
    two.put("/simple/torch/", format!("<a href='{A}'>x</a>"));
    let both = [one.url("/simple"), two.url("/simple")];
    assert_eq!(list(&both, &[]).unwrap().wheels.len(), 1);
    one.fault("/simple/torch/", Fault::Status(500));
    assert_eq!(list(&both, &[]).unwrap_err().code(), "server-error");

    let error = list(&[one.url("/a"), two.url("/b")], &[]).unwrap_err();
    assert_eq!(error.code(), "project-not-found");
    let wanted = format!(
        "no index has `torch` (asked: {}, {})",
        one.url("/a"),
        two.url("/b")
    );
    assert_eq!(error.to_string(), wanted);
    assert!(
        list(&[], &[])
            .unwrap_err()
            .to_string()
            .contains("neither an index nor a folder")
    );
}

/// A folder with two wheels of torch, and other files.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        B,
        A,
        "torch-2.0.0.tar.gz",
        "numpy-2.0.0-cp310-cp310-win_amd64.whl",
        "index.htm",
    ] {
        fs_err::write(folder.path().join(name), "").unwrap();
    }
    folder
}

/// The `file://` address of a path.
fn address(path: &Path) -> String {
    let path = path
        .display()
        .to_string()
        .replace('\\', "/")
        .replace(' ', "%20");
    format!(
        "file://{}{path}",
        if path.starts_with('/') { "" } else { "/" }
    )
}

#[test]
fn folders_have_wheels() {
    let folder = folder();
    let path = folder.path();
    for place in [
        path.display().to_string(),
        address(path),
        address(path) + "/",
        address(path).replace("file:///", "file://localhost/"),
    ] {
        let listing = list(&[], std::slice::from_ref(&place)).unwrap();
        assert_eq!(names(&listing.wheels), [A, B], "{place}");
        assert_eq!(listing.wheels[0].location, Location::File(path.join(A)));
        assert_eq!(listing.notes, Vec::<String>::new());
    }
}

#[test]
fn a_folder_that_does_not_exist_is_told() {
    let (folder, gone) = (folder(), folder().path().join("gone"));
    let places = [
        gone.display().to_string(),
        folder.path().display().to_string(),
    ];
    let listing = list(&[], &places).unwrap();
    assert_eq!(listing.wheels.len(), 2);
    assert_eq!(
        listing.notes,
        [format!(
            "`{}` does not exist and was passed over",
            gone.display()
        )]
    );
    assert_eq!(
        list(&[], &places[..1]).unwrap_err().code(),
        "project-not-found"
    );
}

#[test]
fn local_pages_lead_to_local_files_and_to_the_web() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("a b.html");
    fs_err::write(
        &page,
        format!("<a href='sub/{A}'>x</a><a href='https://host/{B}'>x</a>"),
    )
    .unwrap();
    for place in [page.display().to_string(), address(&page)] {
        let listing = list(&[], &[place]).unwrap();
        assert_eq!(
            listing.wheels[0].location,
            Location::File(folder.path().join("sub").join(A))
        );
        assert_eq!(
            listing.wheels[1].location,
            Location::Url(format!("https://host/{B}"))
        );
    }
}

#[test]
fn an_index_may_be_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("torch");
    fs_err::create_dir(&project).unwrap();
    fs_err::write(project.join(A), "").unwrap();
    let places = [address(folder.path()), folder.path().display().to_string()];
    for place in &places {
        assert!(IndexSettings::check(place).is_ok());
        let listing = list(std::slice::from_ref(place), &[]).unwrap();
        assert_eq!(listing.wheels[0].location, Location::File(project.join(A)));
    }
    fs_err::write(
        project.join("index.html"),
        format!("<a href='../{B}'>x</a>"),
    )
    .unwrap();
    let listing = list(&places[..1], &[]).unwrap();
    assert_eq!(
        listing.wheels[0].location,
        Location::File(folder.path().join(B))
    );
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(
        list(&[address(empty.path())], &[]).unwrap_err().code(),
        "project-not-found"
    );
}

/// What `python -m http.server` and nginx show of a directory.
#[test]
fn pages_of_links_may_be_listings_of_directories() {
    let wheel = "torch-2.0.1%2Bcu118-cp310-cp310-win_amd64.whl";
    let python = format!(
        "<!DOCTYPE HTML>\n<title>Directory listing for /</title><ul>\n<li><a href=\"{wheel}\">torch-2.0.1+cu118</a></li></ul>"
    );
    let nginx = format!(
        "<html><head><title>Index of /</title></head><pre><a href=\"../\">../</a>\n<a href=\"{wheel}\">torch-2.0..&gt;</a> 01-Jan-2024 00:00 2G\n</pre>"
    );
    for text in [python, nginx] {
        let server = Server::start();
        server.put("/wheels/", text);
        let listing = list(&[], &[server.url("/wheels/")]).unwrap();
        assert_eq!(
            names(&listing.wheels),
            ["torch-2.0.1+cu118-cp310-cp310-win_amd64.whl"]
        );
        assert_eq!(path(&listing.wheels[0]), format!("wheels/{wheel}"));
    }
    let server = Server::start();
    assert_eq!(
        list(&[], &[server.url("/gone/")]).unwrap_err().code(),
        "not-found-upstream"
    );
}

#[test]
fn what_is_no_index_is_told() {
    for place in [
        "pypi.org/simple",
        "ftp://pypi.org/simple",
        "",
        "/does/not/exist",
    ] {
        assert_eq!(
            IndexSettings::check(place).unwrap_err().code(),
            "bad-address",
            "{place}"
        );
        assert_eq!(
            list(&[place.to_owned()], &[]).unwrap_err().code(),
            "bad-address",
            "{place}"
        );
    }
}

#[test]
#[ignore = "needs the network; .ci/run runs it"]
fn the_real_index_lists_torch() {
    let client = Client::new(ClientSettings::default()).unwrap();
    let listing = wheels(&client, &IndexSettings::default(), "Torch").unwrap();
    assert!(listing.wheels.len() > 900, "{}", listing.wheels.len());
    let is_known = |wheel: &Wheel| wheel.digest.is_some() && wheel.size.is_some();
    assert!(listing.wheels.iter().all(is_known));
    assert_eq!(client.traffic().requests, 1);
    assert!(client.traffic().bytes < 1_000_000, "{:?}", client.traffic());
}
