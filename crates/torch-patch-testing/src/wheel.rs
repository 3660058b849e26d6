//! Fake distributions as wheels.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::package::Package;

impl Package {
    /// The wheel of the distribution for some tags, such as `cp312-cp312-win_amd64`: its file name and its bytes.
    ///
    /// # Panics
    ///
    /// The archive cannot be made.
    #[must_use]
    pub fn wheel(&self, tags: &str) -> (String, Vec<u8>) {
        let name = format!("{}-{}-{tags}.whl", self.name, self.version);
        (name, self.archive().expect("an archive in memory"))
    }

    /// Writes the wheel into a folder, which is made; returns its path.
    ///
    /// # Panics
    ///
    /// It cannot be written.
    #[expect(clippy::must_use_candidate, reason = "the folder alone may be wanted")]
    pub fn write_wheel(&self, folder: &Path, tags: &str) -> PathBuf {
        let (name, bytes) = self.wheel(tags);
        let path = folder.join(name);
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, bytes));
        written.expect("a wheel in a folder");
        path
    }

    /// The files, stored, with `METADATA` and `RECORD` behind them.
    fn archive(&self) -> Result<Vec<u8>, rawzip::Error> {
        let info = self.dist_info();
        let metadata = [
            (format!("{info}/METADATA"), self.metadata().into_bytes()),
            (format!("{info}/RECORD"), self.record().into_bytes()),
        ];
        let mut bytes = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
        for (path, content) in self.files.iter().chain(&metadata) {
            let (mut entry, config) = archive.new_file(path).start()?;
            let mut writer = config.wrap(&mut entry);
            writer.write_all(content)?;
            let (_, descriptor) = writer.finish()?;
            entry.finish(descriptor)?;
        }
        archive.finish()?;
        Ok(bytes)
    }
}
