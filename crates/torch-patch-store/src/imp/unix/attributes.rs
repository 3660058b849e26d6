//! Extended attributes, among them access lists on Linux (`acl(5)`, `xattr(7)`).

use std::io;

use fs_err as fs;

/// Gives a new file the attributes of the one whose place it takes, and none that it inherited instead.
///
/// Those that say something about the content are not passed on. What only an administrator can set is passed on where
/// the user may.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(crate) fn pass_on(from: &fs::File, to: &fs::File) -> io::Result<()> {
    use rustix::fs::{XattrFlags, fremovexattr, fsetxattr};

    let wanted = names(from)?;
    if names(to)?.iter().any(|name| name == ACCESS_LIST)
        && !wanted.iter().any(|name| name == ACCESS_LIST)
    {
        fremovexattr(to.file(), ACCESS_LIST)?;
    }
    for name in wanted
        .iter()
        .filter(|name| !OF_CONTENT.contains(&name.as_str()))
    {
        let Some(value) = value(from, name)? else {
            continue;
        };
        match fsetxattr(to.file(), name.as_str(), &value, XattrFlags::empty()) {
            Err(error) if name == ACCESS_LIST || name.starts_with("user.") => {
                let error = io::Error::from(error);
                let message = format!(
                    "failed to keep the attribute `{name}` of `{}`: {error}",
                    from.path().display()
                );
                return Err(io::Error::new(error.kind(), message));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(crate) fn pass_on(_from: &fs::File, _to: &fs::File) -> io::Result<()> {
    Ok(())
}

/// The attribute that is an access list. A directory may have one for new files, which does not hold for old ones.
const ACCESS_LIST: &str = "system.posix_acl_access";

/// Attributes that a changed content makes wrong: hashes, signatures, and rights of programs.
const OF_CONTENT: [&str; 3] = ["security.capability", "security.evm", "security.ima"];

/// How often a list or a value may grow while it is read.
const TRIES: usize = 8;

/// Lists the names of the attributes; a file system without attributes has none.
fn names(file: &fs::File) -> io::Result<Vec<String>> {
    let bytes = grown(|buffer| rustix::fs::flistxattr(file.file(), buffer))?;
    let names = bytes.unwrap_or_default();
    let names = names
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty());
    Ok(names
        .filter_map(|name| String::from_utf8(name.to_vec()).ok())
        .collect())
}

fn value(file: &fs::File, name: &str) -> io::Result<Option<Vec<u8>>> {
    grown(|buffer| rustix::fs::fgetxattr(file.file(), name, buffer))
}

/// Calls `read` with a buffer that is large enough; none if there is nothing to read.
fn grown(read: impl Fn(&mut [u8]) -> rustix::io::Result<usize>) -> io::Result<Option<Vec<u8>>> {
    let mut buffer = vec![0; 1024];
    for _ in 0..TRIES {
        match read(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(Some(buffer));
            }
            Err(rustix::io::Errno::RANGE) => buffer.resize(4 * buffer.len(), 0),
            Err(error) if is_none(error) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    Err(io::ErrorKind::OutOfMemory.into())
}

/// Whether there is no such attribute, or there are none on this file system.
fn is_none(error: rustix::io::Errno) -> bool {
    use rustix::io::Errno;

    #[cfg(target_vendor = "apple")]
    const MISSING: Errno = Errno::NOATTR;
    #[cfg(not(target_vendor = "apple"))]
    const MISSING: Errno = Errno::NODATA;
    matches!(
        error,
        MISSING | Errno::OPNOTSUPP | Errno::PERM | Errno::ACCESS
    )
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use rustix::fs::{Mode, OFlags, XattrFlags};

    fn file() -> (tempfile::NamedTempFile, fs::File) {
        let temporary = tempfile::NamedTempFile::new().unwrap();
        let file = fs::File::open(temporary.path()).unwrap();
        (temporary, file)
    }

    #[test]
    fn an_attribute_that_is_gone_is_none_and_one_that_cannot_be_read_is_an_error() {
        let (temporary, file) = file();
        assert_eq!(value(&file, "user.gone").unwrap(), None);
        let closed = rustix::fs::open(temporary.path(), OFlags::PATH, Mode::empty()).unwrap();
        let closed = fs::File::from_parts(closed.into(), temporary.path());
        value(&closed, "user.gone").unwrap_err();
        names(&closed).unwrap_err();
    }

    #[test]
    fn an_attribute_of_the_user_that_cannot_be_kept_is_named() {
        let (_temporary, from) = file();
        let set = rustix::fs::fsetxattr(from.file(), "user.note", b"mine", XattrFlags::empty());
        if set.is_err() {
            println!("NOT RUN: the file system of temporary files has no attributes");
            return;
        }
        let to = fs::File::open("/proc/self/comm").unwrap();
        let error = pass_on(&from, &to).unwrap_err();
        let expected = format!(
            "failed to keep the attribute `user.note` of `{}`",
            from.path().display()
        );
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}
