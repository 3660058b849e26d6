//! A file system that is a list of lines, with paths of any system, and interpreters that say what they are told to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::ask::{Answer, InterpreterFailure};
use crate::registry::Registered;
use crate::system::System;
use crate::tree::Tree;

enum Node {
    Directory,
    File(String),
    Link(String),
}

pub(super) struct Described {
    system: System,
    /// By path with `/`.
    nodes: BTreeMap<String, Node>,
    answers: BTreeMap<String, Answer>,
    registered: Vec<Registered>,
}

impl Described {
    pub(super) fn new(system: System, lines: &[&str]) -> Self {
        let mut described = Self {
            system,
            nodes: BTreeMap::new(),
            answers: BTreeMap::new(),
            registered: Vec::new(),
        };
        for line in lines {
            let (path, node) = if let Some((path, target)) = line.split_once(" -> ") {
                (path, Node::Link(target.replace('\\', "/")))
            } else if let Some((path, text)) = line.split_once(" = ") {
                (path, Node::File(text.to_owned()))
            } else if let Some(path) = line.strip_suffix(['/', '\\']) {
                (path, Node::Directory)
            } else {
                (*line, Node::File(String::new()))
            };
            described.add(&path.replace('\\', "/"), node);
        }
        described
    }

    /// Has `interpreter` answer, in the order of the fields: executable, prefix, base prefix, version, platlib, purelib,
    /// user site.
    pub(super) fn answering(mut self, interpreter: &str, answer: [&str; 7]) -> Self {
        let [
            executable,
            prefix,
            base_prefix,
            version,
            platlib,
            purelib,
            user_site,
        ] = answer;
        let answer = Answer {
            executable: executable.into(),
            prefix: prefix.into(),
            base_prefix: base_prefix.into(),
            version: version.to_owned(),
            platlib: platlib.into(),
            purelib: purelib.into(),
            user_site: user_site.into(),
        };
        self.answers.insert(interpreter.to_owned(), answer);
        self
    }

    /// Has the registry name a Python: company, tag, prefix.
    pub(super) fn registering(mut self, company: &str, tag: &str, prefix: &str) -> Self {
        self.registered.push(Registered {
            company: company.to_owned(),
            tag: tag.to_owned(),
            prefix: Some(prefix.into()),
            ..Registered::default()
        });
        self
    }

    fn add(&mut self, path: &str, node: Node) {
        for (at, _) in path.match_indices('/').skip(1) {
            self.nodes
                .entry(path[..at].to_owned())
                .or_insert(Node::Directory);
        }
        if let Some((root, _)) = path.split_once('/') {
            self.nodes.entry(root.to_owned()).or_insert(Node::Directory);
        }
        self.nodes.insert(path.to_owned(), node);
    }

    /// The path with `.`, `..` and all links but the last component's resolved; with `follow` that one too.
    fn walk(&self, path: &Path, follow: bool) -> String {
        let text = path.to_str().unwrap().replace('\\', "/");
        let mut left: Vec<String> = text.split('/').rev().map(str::to_owned).collect();
        let mut done = left.pop().unwrap();
        for _ in 0..200 {
            let Some(part) = left.pop() else { break };
            match part.as_str() {
                "" | "." => {}
                ".." => done.truncate(done.rfind('/').unwrap_or(0)),
                _ => {
                    let next = format!("{done}/{part}");
                    match self.nodes.get(&next) {
                        Some(Node::Link(target)) if follow || !left.is_empty() => {
                            left.extend(target.split('/').rev().map(str::to_owned));
                            if target.starts_with('/') {
                                done.clear();
                            }
                        }
                        _ => done = next,
                    }
                }
            }
        }
        done
    }

    fn node(&self, path: &Path) -> Option<&Node> {
        self.nodes.get(&self.walk(path, true))
    }
}

impl Tree for Described {
    fn system(&self) -> System {
        self.system
    }

    fn is_file(&self, path: &Path) -> bool {
        matches!(self.node(path), Some(Node::File(_)))
    }

    fn is_directory(&self, path: &Path) -> bool {
        matches!(self.node(path), Some(Node::Directory))
    }

    fn is_executable(&self, path: &Path) -> bool {
        self.is_file(path)
    }

    fn is_script(&self, path: &Path) -> bool {
        self.text(path).is_some_and(|text| text.starts_with("#!"))
    }

    fn names(&self, directory: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
        let start = self.walk(directory, true) + "/";
        let below = self
            .nodes
            .keys()
            .filter_map(|path| path.strip_prefix(&start));
        below
            .filter(|name| !name.contains('/') && wanted(name))
            .map(str::to_owned)
            .collect()
    }

    fn text(&self, file: &Path) -> Option<String> {
        match self.node(file)? {
            Node::File(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn link(&self, path: &Path) -> Option<PathBuf> {
        match self.nodes.get(&self.walk(path, false))? {
            Node::Link(target) => Some(target.into()),
            _ => None,
        }
    }

    fn identity(&self, directory: &Path) -> PathBuf {
        self.walk(directory, true).into()
    }

    fn registered(&self) -> Vec<Registered> {
        self.registered.clone()
    }

    fn ask(&self, interpreter: &Path, arguments: &[&str]) -> Result<Answer, InterpreterFailure> {
        let command = [&[interpreter.to_str().unwrap()], arguments]
            .concat()
            .join(" ");
        self.answers
            .get(&command)
            .cloned()
            .ok_or_else(|| InterpreterFailure {
                interpreter: interpreter.to_owned(),
                reason: "failed (exit status: 127)".to_owned(),
                stderr: Some("no such Python".to_owned()),
            })
    }
}
