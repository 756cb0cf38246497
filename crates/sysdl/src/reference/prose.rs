//! What the `///` above a definition says, in parts.

use super::Counterpart;
use sysdl_order::Order as _;

/// Tools whose words for faults are told.
const TOOLS: [&str; 5] = ["AWS FIS", "Chaos Mesh", "Litmus", "Gremlin", "Toxiproxy"];

/// `Chaos Mesh NetworkChaos delay`
pub(super) fn counterpart(text: &str) -> Option<Counterpart> {
    let tool = TOOLS.iter().find(|tool| text.starts_with(**tool))?;
    Some(Counterpart { tool: (*tool).to_owned(), name: text[tool.len()..].trim().to_owned() })
}

/// What semicolons separate, without the last full stop.
pub(super) fn items(text: &str) -> Vec<String> {
    let all = text.trim_end_matches('.').split(';').map(|item| item.trim().to_owned());
    all.filter(|item| !item.is_empty() && item != "nothing").collect()
}

/// The documentation of a fault in parts.
pub(super) struct Told(Vec<(&'static str, String)>);

impl Told {
    pub(super) fn of(docs: &[String]) -> Told {
        const WORDS: [&str; 6] = ["Strikes", "In flight", "Known as", "Maps to", "Mitigation", "Not modelled"];
        let all = docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        let mut marks: Vec<(usize, &str)> = WORDS
            .iter()
            .filter_map(|word| all.find(&format!("{word}:")).map(|at| (at, *word)))
            .chain([(0, "")])
            .collect();
        marks.order();
        let ends = marks.iter().skip(1).map(|(at, _)| *at).chain([all.len()]);
        let parts = marks.iter().zip(ends).map(|(&(at, word), end)| {
            let begin = if word.is_empty() { at } else { at + word.len() + 1 };
            (word, all[begin..end].trim().to_owned())
        });
        Told(parts.collect())
    }

    /// What is told behind a word; behind none at first.
    pub(super) fn part(&self, word: &str) -> Option<String> {
        self.0.iter().find(|(of, text)| *of == word && !text.is_empty()).map(|(_, text)| without_grades(text))
    }
}

/// What a kind models, and what it leaves out.
pub(super) fn prose(docs: &[String]) -> (String, Option<String>) {
    const MARKS: [&str; 2] = ["Not modelled:", "Not modelled yet:"];
    let all = docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    let mark = MARKS.iter().filter_map(|mark| all.find(mark).map(|at| (at, mark.len()))).min();
    match mark {
        Some((at, len)) => (all[..at].trim().to_owned(), Some(all[at + len..].trim().to_owned())),
        None => (all, None),
    }
}

const GRADES: [&str; 3] = ["published", "measured", "assumed"];

/// The first grade that a text gives, and its source.
pub(super) fn grade(text: &str) -> Option<(String, Option<String>)> {
    let tag = tags(text).next()?;
    let (word, source) = tag.split_once(':').map_or((tag, None), |(word, source)| (word, Some(source)));
    let word = word.split([' ', ',']).next().unwrap_or(word);
    Some((word.to_owned(), source.map(|source| source.trim().to_owned())))
}

/// What stands in brackets and begins with a grade.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    let inside = text.split('[').skip(1).filter_map(|rest| rest.split_once(']').map(|(tag, _)| tag));
    inside.filter(|tag| GRADES.iter().any(|grade| tag.starts_with(grade)))
}

pub(super) fn without_grades(text: &str) -> String {
    let mut plain = text.to_owned();
    for tag in tags(text) {
        plain = plain.replace(&format!("[{tag}]"), "");
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".").replace(" ,", ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_says_what_is_left_out() {
        let docs = ["Keeps things. Not modelled yet: shelves,".to_owned(), "drawers.".to_owned()];
        assert_eq!(prose(&docs), ("Keeps things.".to_owned(), Some("shelves, drawers.".to_owned())));
        assert_eq!(prose(&docs[1..]), ("drawers.".to_owned(), None));
    }

    #[test]
    fn faults_are_told_in_parts() {
        let docs =
            ["Slows work. In flight: keeps its".to_owned(), "time. Maps to: Gremlin CPU; AWS FIS x y.".to_owned()];
        let told = Told::of(&docs);
        assert_eq!(told.part("").as_deref(), Some("Slows work."));
        assert_eq!(told.part("In flight").as_deref(), Some("keeps its time."));
        assert_eq!(told.part("Mitigation"), None);
        let elsewhere: Vec<_> = items(&told.part("Maps to").unwrap()).iter().filter_map(|t| counterpart(t)).collect();
        assert_eq!(elsewhere[1], Counterpart { tool: "AWS FIS".to_owned(), name: "x y".to_owned() });
    }

    #[test]
    fn grades_have_sources_or_none() {
        assert_eq!(
            grade("Threads. [published: Tomcat maxThreads]"),
            Some(("published".into(), Some("Tomcat maxThreads".into())))
        );
        assert_eq!(grade("Time [assumed, as elsewhere]."), Some(("assumed".into(), None)));
        assert_eq!(grade("An index [0]."), None);
        assert_eq!(without_grades("Threads [assumed]. More."), "Threads. More.");
    }
}
