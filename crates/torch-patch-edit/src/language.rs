//! How a file is read: as Python, or as lines of text.

/// How anchors are matched in a file, taken from its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Logical lines and tokens, scopes, a syntax gate (`.py`, `.pyi`).
    Python,
    /// Whole lines, with the sign that opens a line comment where one is known.
    Text {
        /// `#` or `//`.
        comment: Option<&'static str>,
    },
}

impl Language {
    /// The language of a file, by the ending of its path.
    ///
    /// ```
    /// use torch_patch_edit::Language;
    ///
    /// assert_eq!(Language::of_path("torch/version.py"), Language::Python);
    /// assert_eq!(Language::of_path("a/config.ini"), Language::Text { comment: Some("#") });
    /// assert_eq!(Language::of_path("LICENSE"), Language::Text { comment: None });
    /// ```
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        match ending.to_ascii_lowercase().as_str() {
            "py" | "pyi" => Self::Python,
            "bash" | "cfg" | "cmake" | "conf" | "ini" | "pth" | "sh" | "toml" | "yaml" | "yml" => {
                Self::Text { comment: Some("#") }
            }
            "c" | "cc" | "cpp" | "cu" | "cuh" | "h" | "hpp" | "js" | "ts" => Self::Text {
                comment: Some("//"),
            },
            _ if name.eq_ignore_ascii_case("CMakeLists.txt") => Self::Text { comment: Some("#") },
            _ => Self::Text { comment: None },
        }
    }

    /// Whether the file is Python.
    #[must_use]
    pub fn is_python(self) -> bool {
        self == Self::Python
    }
}
