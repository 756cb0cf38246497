//! Kinds and faults as pages of Markdown.

use super::{BASE, FaultPage, KindPage, Property, kind};
use crate::resolve::Analysis;
use std::fmt::Write as _;

impl KindPage {
    /// The page as Markdown; `example` is a program that shows the kind.
    #[must_use]
    pub fn markdown(&self, example: Option<&str>) -> String {
        let mut page = format!("# `{}`\n\n", self.name);
        if let Some(base) = self.extends.as_ref().filter(|base| *base != BASE) {
            let _ = write!(page, "A [`{base}`]({base}.md), with other defaults or more to set.\n\n");
        }
        let _ = write!(page, "{}\n\n", self.models);
        if let Some(left_out) = &self.not_modelled {
            let _ = write!(page, "**Not modelled:** {left_out}\n\n");
        }
        if let Some(example) = example {
            let _ = write!(page, "```sysdl\n{}\n```\n\n", example.trim());
        }
        self.properties_section(&mut page);
        if !self.endpoints.is_empty() {
            page.push_str("## Endpoints\n\n| endpoint | does |\n| --- | --- |\n");
            for (name, steps) in self.endpoints.iter().zip(&self.steps) {
                let _ = writeln!(page, "| `{name}` | `{}` |", cell(steps));
            }
            page.push('\n');
        }
        let links: Vec<String> = self.faults.iter().map(|name| format!("[`{name}`](../faults.md#{name})")).collect();
        let _ = write!(page, "## Faults\n\n{}\n", links.join(" · "));
        page
    }

    /// What it declares or gives another default; the rest is every component's.
    fn properties_section(&self, page: &mut String) {
        let is_own = |p: &&Property| p.of != BASE || p.default_of != BASE && !p.default_of.is_empty();
        let own: Vec<&Property> = self.properties.iter().filter(is_own).collect();
        if !own.is_empty() {
            page.push_str("## Properties\n\n");
            table(page, own.into_iter());
            page.push('\n');
        }
        page.push_str("And [what every component has](component.md).\n\n");
    }
}

impl FaultPage {
    /// The fault as a section of a Markdown page; `example` is a program that shows it.
    #[must_use]
    pub fn markdown(&self, example: Option<&str>) -> String {
        let mut page = format!("## {}\n\n{}\n\n", self.name, self.does);
        let _ = writeln!(page, "* **Strikes** a `{}`. {}", self.on, self.strikes);
        for (title, text) in [("In flight", &self.in_flight), ("Mitigation", &self.mitigation)] {
            if !text.is_empty() {
                let _ = writeln!(page, "* **{title}** {text}");
            }
        }
        if let Some(left_out) = &self.not_modelled {
            let _ = writeln!(page, "* **Not modelled** {left_out}");
        }
        if !self.maps_to.is_empty() {
            let _ = writeln!(page, "* **Elsewhere** {}", self.elsewhere());
        }
        page.push('\n');
        if !self.properties.is_empty() {
            table(&mut page, self.properties.iter());
            page.push('\n');
        }
        if let Some(example) = example {
            let _ = write!(page, "```sysdl\n{}\n```\n\n", example.trim());
        }
        page
    }

    /// What tools call it, in one line.
    #[must_use]
    pub fn elsewhere(&self) -> String {
        self.maps_to.iter().map(|of| format!("{}: {}", of.tool, of.name)).collect::<Vec<_>>().join(" · ")
    }
}

/// The page of the base of all kinds.
#[must_use]
pub fn base_markdown(analysis: &Analysis) -> String {
    let mut page = "# What every component has\n\n".to_owned();
    if let Some(base) = kind(analysis, BASE) {
        table(&mut page, base.properties.iter());
    }
    page
}

fn table<'p>(page: &mut String, rows: impl Iterator<Item = &'p Property>) {
    page.push_str("| property | type | in | default | known from | meaning |\n| --- | --- | --- | --- | --- | --- |\n");
    for row in rows {
        let default = row.default.as_ref().map_or_else(|| "must be set".to_owned(), |text| format!("`{}`", cell(text)));
        let known = match (&row.grade, &row.source) {
            (Some(grade), Some(source)) => format!("{grade}: {source}"),
            (Some(grade), None) => grade.clone(),
            _ => String::new(),
        };
        let _ = writeln!(
            page,
            "| `{}` | `{}` | {} | {default} | {} | {} |",
            row.name,
            cell(&row.ty),
            row.unit,
            cell(&known),
            cell(&row.doc)
        );
    }
}

/// A text within a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
