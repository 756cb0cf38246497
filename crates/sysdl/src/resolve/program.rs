//! What a file and its imports define: kinds, faults, named values, systems, scenarios.

use super::data::{self, DataFiles};
use super::kinds::KindView;
use crate::codes;
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::library;
use crate::syntax::ast::{Block, Declare, Expr, File, Kind, Name, Node, Section, Statement};
use crate::syntax::parse;
use crate::syntax::span::{FileId, Source, Sources, Span};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, OnceLock};

/// Where files come from. The page has none but the one being edited.
pub trait Loader {
    /// The bytes of a file named relative to the one that imports it, and the path it then has.
    fn load(&self, importing: &str, path: &str) -> Option<(String, Vec<u8>)>;
}

/// A loader without files.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _importing: &str, _path: &str) -> Option<(String, Vec<u8>)> {
        None
    }
}

/// A fault's definition.
#[derive(Clone, Debug)]
pub struct FaultDef {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Declare>,
    /// What it can strike.
    pub target: Name,
    /// What it changes.
    pub body: Block,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Defined in the user's files.
    pub own: bool,
}

/// A kind's or template's definition.
#[derive(Clone, Debug)]
pub struct KindDef {
    /// As written.
    pub kind: Kind,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Defined in the user's files.
    pub own: bool,
}

/// Kinds that were flattened already, by the path that names them. A copy of a program may be given other kinds, so it
/// begins with none.
#[derive(Debug, Default)]
pub(super) struct Views(Mutex<FxHashMap<String, Arc<KindView>>>);

impl Clone for Views {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Views {
    pub(super) fn get(&self, name: &str) -> Option<Arc<KindView>> {
        self.0.lock().ok()?.get(name).map(Arc::clone)
    }

    pub(super) fn add(&self, name: String, view: &Arc<KindView>) {
        if let Ok(mut views) = self.0.lock() {
            views.insert(name, Arc::clone(view));
        }
    }
}

/// Everything defined.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Kinds and templates by name.
    pub kinds: FxHashMap<String, Arc<KindDef>>,
    /// Faults by name.
    pub faults: FxHashMap<String, Arc<FaultDef>>,
    /// `let` values in order.
    pub lets: Vec<(Name, Expr, bool)>,
    /// `let x = retry { … }`: name, section word, block.
    pub policies: FxHashMap<String, (String, Block)>,
    /// Names of the policies, as declared.
    pub policy_names: Vec<Name>,
    /// Names that imports make visible: prefixes, and what was asked for.
    pub imports: Vec<Name>,
    /// `param`s in order.
    pub params: Vec<Declare>,
    /// Systems.
    pub systems: Vec<Section>,
    /// Scenarios, with their documentation.
    pub scenarios: Vec<Section>,
    /// Files of numbers that the files name.
    pub data: DataFiles,
    pub(super) views: Views,
}

/// Names under which a file's definitions become visible.
enum Visibility {
    /// As they are.
    Plain,
    /// Behind a prefix.
    Prefixed(String),
    /// Some of them, some under other names.
    Some(Vec<(Name, Option<Name>)>),
}

impl Visibility {
    fn names(&self, name: &str) -> Option<String> {
        match self {
            Visibility::Plain => Some(name.to_owned()),
            Visibility::Prefixed(prefix) => Some(format!("{prefix}.{name}")),
            Visibility::Some(names) => names
                .iter()
                .find(|(wanted, _)| wanted.text == name)
                .map(|(wanted, alias)| alias.as_ref().unwrap_or(wanted).text.clone()),
        }
    }
}

/// What every program sees: the library, which is the same each time and read but once.
struct Library {
    program: Program,
    sources: Vec<Arc<Source>>,
    diagnostics: Vec<Diagnostic>,
}

impl Library {
    fn read() -> &'static Library {
        static READ: OnceLock<Library> = OnceLock::new();
        READ.get_or_init(|| {
            let mut reader = Reader::new(&NoFiles);
            // In the place of the user's file, so that those of the library have the ids that they will have behind it.
            reader.sources.add(Source::new("", ""));
            for (path, text) in library::prelude() {
                reader.library(path, text, &Visibility::Plain);
            }
            let Reader { program, sources, diagnostics, .. } = reader;
            Library { program, sources: sources.into_shared().skip(1).collect(), diagnostics }
        })
    }
}

/// Reads files into a program.
pub(super) struct Reader<'l> {
    loader: &'l dyn Loader,
    pub(super) sources: Sources,
    pub(super) file: File,
    pub(super) program: Program,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Files being imported, to find circles.
    open: Vec<String>,
}

impl<'l> Reader<'l> {
    pub(super) fn new(loader: &'l dyn Loader) -> Self {
        Self {
            loader,
            sources: Sources::default(),
            file: File::default(),
            program: Program::default(),
            diagnostics: Vec::new(),
            open: Vec::new(),
        }
    }

    /// The user's file is file 0; the library follows.
    pub(super) fn read(&mut self, path: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let library = Library::read();
        self.program = library.program.clone();
        let id = self.sources.add(Source::new(path, text));
        let (file, found) = parse(bytes, id);
        data::load(self.loader, path, id, &String::from_utf8_lossy(bytes), &mut self.program.data);
        let broken = file.statements.is_empty() && !found.is_empty();
        self.diagnostics.extend(found);
        for source in &library.sources {
            self.sources.add(Arc::clone(source));
        }
        self.diagnostics.extend(library.diagnostics.iter().cloned());
        self.open.push(path.to_owned());
        if !broken {
            self.header(&file, id);
            self.collect(&file, path, &Visibility::Plain, true);
        }
        self.file = file;
    }

    fn library(&mut self, path: &str, text: &str, visibility: &Visibility) {
        let id = self.sources.add(Source::new(path, text));
        let (file, found) = parse(text.as_bytes(), id);
        self.diagnostics.extend(found);
        self.collect(&file, path, visibility, false);
    }

    fn header(&mut self, file: &File, id: FileId) {
        let start = Span { file: id, start: 0, end: 0 };
        let Some(first) = file.statements.first() else {
            let message = "there is nothing in this file";
            let help = "begin with `sysdl 1`, then `system name { … }`; any file of `blueprints` is an example";
            self.diagnostics.push(Diagnostic::new(&codes::E0114, message, start, "empty").help(help));
            return;
        };
        let diagnostic = match first.node {
            Node::Header(1.0) | Node::Bad => return,
            Node::Header(edition) => {
                let message = format!("this file is written in edition {edition}; this compiler knows edition 1");
                Diagnostic::new(&codes::E0114, message, first.span, "unknown edition")
                    .help("write `sysdl 1`")
                    .edit(first.span, "sysdl 1")
            }
            _ => Diagnostic::new(
                &codes::E0114,
                "the file does not say its edition",
                Span { end: first.span.start, ..first.span },
                "expected `sysdl 1` before this",
            )
            .help("make `sysdl 1` the first line")
            .edit(Span { end: first.span.start, ..first.span }, "sysdl 1\n\n"),
        };
        self.diagnostics.push(diagnostic);
    }

    fn collect(&mut self, file: &File, path: &str, visibility: &Visibility, own: bool) {
        for statement in &file.statements {
            self.statement(statement, path, visibility, own);
        }
    }

    fn statement(&mut self, statement: &Statement, path: &str, visibility: &Visibility, own: bool) {
        let docs = || statement.docs.clone();
        match &statement.node {
            Node::Header(_) | Node::Bad => {}
            Node::Import { path: target, alias, names } => self.import(path, target, alias.as_ref(), names),
            Node::Kind(kind) => {
                if let Some(name) = visibility.names(&kind.name.dotted()) {
                    let place = kind.name.span;
                    let old = self
                        .program
                        .kinds
                        .insert(name.clone(), Arc::new(KindDef { kind: kind.clone(), docs: docs(), own }));
                    self.once(old.filter(|old| old.own).map(|old| old.kind.name.span), place, &name);
                }
            }
            Node::Fault { name, params, target, body } => {
                if let Some(visible) = visibility.names(&name.text) {
                    let (name, params, target, body) = (name.clone(), params.clone(), target.clone(), body.clone());
                    let def = FaultDef { name, params, target, body, docs: docs(), own };
                    self.program.faults.insert(visible, Arc::new(def));
                }
            }
            Node::Let(name, value) => {
                if let Some(text) = visibility.names(&name.text) {
                    self.program.lets.push((Name { text, span: name.span }, value.clone(), own));
                }
            }
            Node::LetBlock(name, word, block) => {
                if let Some(visible) = visibility.names(&name.text) {
                    self.program.policies.insert(visible, (word.text.clone(), block.clone()));
                    self.program.policy_names.push(name.clone());
                }
            }
            Node::Declare(declare) if declare.param => {
                let old = self.program.params.iter().find(|p| p.name.text == declare.name.text).map(|p| p.name.span);
                self.once(old, declare.name.span, &declare.name.text);
                self.program.params.push(declare.clone());
            }
            Node::System(system) => {
                let old = self.program.systems.iter().find(|s| s.name.text == system.name.text).map(|s| s.name.span);
                self.once(old, system.name.span, &system.name.text);
                self.program.systems.push(system.clone());
            }
            Node::Scenario(scenario) => {
                let old =
                    self.program.scenarios.iter().find(|s| s.name.text == scenario.name.text).map(|s| s.name.span);
                self.once(old, scenario.name.span, &scenario.name.text);
                self.program.scenarios.push(scenario.clone());
            }
            _ => {
                let message = "this belongs into a system or a scenario";
                let diagnostic = Diagnostic::new(&codes::E0115, message, statement.span, "at the top of a file");
                self.diagnostics.push(diagnostic.help("put it inside `system name { … }`"));
            }
        }
    }

    fn once(&mut self, old: Option<Span>, new: Span, name: &str) {
        if let Some(old) = old {
            let diagnostic =
                Diagnostic::new(&codes::E0107, format!("`{name}` is declared twice"), new, "declared again");
            self.diagnostics.push(diagnostic.label(old, "first declared here").help("rename one of them"));
        }
    }

    fn import(&mut self, importing: &str, target: &Name, alias: Option<&Name>, names: &[(Name, Option<Name>)]) {
        let before = self.defined();
        self.program.imports.extend(alias.cloned());
        self.program.imports.extend(names.iter().map(|(name, alias)| alias.as_ref().unwrap_or(name).clone()));
        let visibility = match alias {
            Some(alias) => Visibility::Prefixed(alias.text.clone()),
            None if names.is_empty() => Visibility::Plain,
            None => Visibility::Some(names.to_vec()),
        };
        if let Some(text) = library::file(&target.text) {
            self.library(&target.text, text, &visibility);
        } else if let Some((path, bytes)) = self.loader.load(importing, &target.text) {
            if self.open.contains(&path) {
                let message = format!("`{}` imports itself, by way of {}", target.text, self.open.join(", "));
                let diagnostic = Diagnostic::new(&codes::E0902, message, target.span, "closes the circle");
                self.diagnostics.push(diagnostic.help("move what both need into a third file"));
                return;
            }
            let id = self.sources.add(Source::new(path.clone(), String::from_utf8_lossy(&bytes)));
            let (file, found) = parse(&bytes, id);
            self.diagnostics.extend(found);
            data::load(self.loader, &path, id, &String::from_utf8_lossy(&bytes), &mut self.program.data);
            self.open.push(path.clone());
            self.collect(&file, &path, &visibility, true);
            self.open.pop();
        } else {
            let known = library::FILES.iter().map(|(path, _)| *path);
            let help = nearest(&target.text, known).map_or_else(
                || "paths are relative to this file, such as `./policies.sysdl`; `std/…` is the library".to_owned(),
                did_you_mean,
            );
            let message = format!("there is no file `{}`", target.text);
            self.diagnostics.push(Diagnostic::new(&codes::E0901, message, target.span, "not found").help(help));
            return;
        }
        self.imported(&before, target, names);
    }

    /// Names that were asked for and did not come.
    fn imported(&mut self, before: &[String], target: &Name, names: &[(Name, Option<Name>)]) {
        let now = self.defined();
        for (name, alias) in names {
            let visible = &alias.as_ref().unwrap_or(name).text;
            if !now.contains(visible) || before.contains(visible) {
                let message = format!("`{}` defines no `{}`", target.text, name.text);
                let diagnostic = Diagnostic::new(&codes::E0901, message, name.span, "not defined there");
                self.diagnostics.push(diagnostic.help("import only what the file defines"));
            }
        }
    }

    fn defined(&self) -> Vec<String> {
        let p = &self.program;
        let lets = p.lets.iter().map(|(name, _, _)| name.text.clone());
        lets.chain(p.kinds.keys().cloned()).chain(p.faults.keys().cloned()).chain(p.policies.keys().cloned()).collect()
    }
}
