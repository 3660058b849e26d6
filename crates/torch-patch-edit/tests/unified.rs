//! Unified diffs read back and put on files.

use torch_patch_edit::{DiffErrorKind, Direction, FileDiff, read_diff, unified_diff};

const FILE: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n";

fn only(diff: &str) -> FileDiff {
    let mut files = read_diff(diff.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(files.len(), 1);
    files.remove(0)
}

fn put(diff: &str, file: &str) -> String {
    let made = only(diff).put_on(file.as_bytes(), Direction::Forward);
    String::from_utf8(made.unwrap_or_else(|error| panic!("{error}"))).unwrap_or_default()
}

#[test]
fn what_is_written_reads_back_both_ways() {
    let ends = [
        "one\n",
        "one",
        "one\r\n",
        "a\r\nb\r\n",
        "",
        "x\ny\nz",
        "one\ntwo\n\nfour\n",
    ];
    for before in ends {
        for after in ends {
            if before == after {
                continue;
            }
            for context in [0, 1, 3] {
                let (old, new) = (before.as_bytes(), after.as_bytes());
                let written = unified_diff(old, new, ("a/x", "b/x"), context);
                let file = read_diff(&written).unwrap().remove(0);
                assert_eq!(
                    file.put_on(old, Direction::Forward).unwrap(),
                    new,
                    "{before:?} {after:?}"
                );
                assert_eq!(
                    file.put_on(new, Direction::Backward).unwrap(),
                    old,
                    "{before:?} {after:?}"
                );
            }
        }
    }
}

#[test]
fn names_are_read_as_tools_write_them() {
    let hunk = "@@ -1 +1 @@\n-one\n+1\n";
    let cases = [
        ("--- a/x.py\n+++ b/x.py\n", vec!["b/x.py", "a/x.py"]),
        (
            "--- x.py\t2024-01-01 00:00:00.000 +0000\n+++ x.py\t2024-01-02\n",
            vec!["x.py"],
        ),
        ("--- x.py.orig\r\n+++ x.py\r\n", vec!["x.py", "x.py.orig"]),
        ("--- /dev/null\n+++ b/new.py\n", vec!["b/new.py"]),
        (
            "--- \"a/\\303\\274.py\"\n+++ \"b/\\303\\274 x.py\"\n",
            vec!["b/ü x.py", "a/ü.py"],
        ),
        ("--- torch\\x.py\n+++ torch\\x.py\n", vec!["torch/x.py"]),
        (
            "From: somebody\n\ndiff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n",
            vec!["b/x", "a/x"],
        ),
    ];
    for (head, names) in cases {
        let file = only(&format!("{head}{hunk}"));
        assert_eq!(file.names(), names);
        assert_eq!(file.creates(), head.contains("/dev/null"));
    }
    let two = format!("--- a\n+++ a\n{hunk}--- b\n+++ b\n{hunk}-- \n2.39\n");
    assert_eq!(read_diff(two.as_bytes()).unwrap().len(), 2);
}

#[test]
fn a_diff_with_lf_fits_a_file_with_crlf() {
    let diff = "--- a\n+++ a\n@@ -1,3 +1,4 @@\n one\n+new\n-two\n+2\n three\n";
    let crlf = FILE.replace('\n', "\r\n");
    assert_eq!(put(diff, &crlf), put(diff, FILE).replace('\n', "\r\n"));
    let exact = diff.replace("one\n", "one\r\n").replace("new\n", "new\r\n");
    let exact = exact
        .replace("two\n", "two\r\n")
        .replace("2\n", "2\r\n")
        .replace("three\n", "three\r\n");
    assert_eq!(put(&exact, &crlf), put(diff, &crlf));
    // A line with another ending is one that the diff really brings.
    let mixed = exact.replace("+new\r\n", "+new\n");
    assert!(put(&mixed, &crlf).contains("one\r\nnew\n2\r\n"));
}

#[test]
fn a_hunk_is_never_moved() {
    let cases = [
        (
            "@@ -2,2 +2,2 @@\n two\n-THREE\n+3\n",
            "hunk 1 does not fit line 3 of the file, expected `THREE`, found `three`",
            None,
        ),
        (
            "@@ -4,2 +4,2 @@\n two\n-three\n+3\n",
            "hunk 1 does not fit line 4 of the file, expected `two`, found `four`",
            Some(2),
        ),
        (
            "@@ -9,3 +9,3 @@\n nine\n-ten\n+10\n eleven\n",
            "hunk 1 does not fit line 11 of the file, expected `eleven`, found the end of the file",
            None,
        ),
        (
            "@@ -10 +10 @@\n-ten\n\\ No newline at end of file\n+10\n",
            "hunk 1 does not fit line 10 of the file, expected `ten`, found `ten\\n`",
            None,
        ),
        (
            "@@ -90,0 +91 @@\n+new\n",
            "hunk 1 begins at line 91 of the file, which is beyond its end",
            None,
        ),
    ];
    for (hunk, message, elsewhere) in cases {
        let file = only(&format!("--- a\n+++ a\n{hunk}"));
        let error = file
            .put_on(FILE.as_bytes(), Direction::Forward)
            .unwrap_err();
        assert_eq!(error.kind.to_string(), message);
        let DiffErrorKind::Mismatch(mismatch) = error.kind else {
            panic!("{error}");
        };
        assert_eq!(mismatch.elsewhere, elsewhere);
    }
    let twice = only("--- a\n+++ a\n@@ -1 +1 @@\n-one\n+1\n@@ -1 +1 @@\n-one\n+1\n");
    let error = twice.put_on(FILE.as_bytes(), Direction::Forward);
    assert_eq!(error.unwrap_err().kind, DiffErrorKind::Order);
}

#[test]
fn what_is_no_change_of_lines_is_refused() {
    let cases = [
        (
            "",
            "line 1 of the diff: expected a unified diff, with lines `--- FILE` and `+++ FILE`",
        ),
        (
            "hello\n",
            "line 1 of the diff: expected a unified diff, with lines `--- FILE` and `+++ FILE`",
        ),
        (
            "--- a\n+++ a\nhello\n",
            "line 1 of the diff: expected a unified diff, with lines `--- FILE` and `+++ FILE`",
        ),
        (
            "--- a\n+++ a\n@@ -1,2 +1 @@\n one\n",
            "line 5 of the diff: the hunk has not as many lines as its header says",
        ),
        (
            "--- a\n+++ a\n@@ -1 +1 @@\n-one\n-two\n+1\n",
            "line 5 of the diff: the hunk has not as many lines as its header says",
        ),
        (
            "--- a\n+++ a\n@@ -1 +1 @@\n?one\n",
            "line 4 of the diff: expected a line of a hunk, which begins with a space, `-`, `+` or `\\`",
        ),
        (
            "--- a\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n",
            "line 2 of the diff: the file is removed, which is no change of lines",
        ),
        (
            "diff --git a/x b/y\nrename from x\nrename to y\n",
            "line 2 of the diff: the file is renamed, which is no change of lines",
        ),
        (
            "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n",
            "line 2 of the diff: the mode of the file changes, which is no change of lines",
        ),
        (
            "Binary files a/x and b/x differ\n",
            "line 1 of the diff: the file is binary, which is no change of lines",
        ),
    ];
    for (diff, message) in cases {
        assert_eq!(
            read_diff(diff.as_bytes()).unwrap_err().to_string(),
            message,
            "{diff}"
        );
    }
}
