//! Properties of blocks that no kind declares, looked up.
//!
//! Tests hold their table against the resolver, in both directions: it has every property there is and none that there is
//! not.

pub(super) use super::blocks::BLOCKS;

/// A property of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) name: &'static str,
    /// As a kind would declare it, or `block`, `policy` (a block or the name of one), `arrivals`, `keys`, `list`,
    /// `scenario`, `codes`, `condition`, `backoff`.
    pub(super) ty: &'static str,
    /// As it would be written; empty if there is none.
    pub(super) default: &'static str,
    pub(super) doc: &'static str,
}

/// The properties of a block by its name.
pub(super) fn of(block: &str) -> impl Iterator<Item = &'static Word> {
    BLOCKS.iter().filter(move |(name, _)| *name == block).flat_map(|(_, words)| words.iter())
}

/// A property of a block.
pub(super) fn find(block: &str, name: &str) -> Option<&'static Word> {
    of(block).find(|word| word.name == name)
}

/// How a block of settings is mostly written; just opened if nothing is known of it.
pub(super) fn example(block: &str) -> String {
    const EXAMPLES: [(&str, &str); 16] = [
        ("retry", "max = 2, backoff = exp(50ms, cap = 1s), jitter = full"),
        ("breaker", "trip = 50%, window = 20, open_for = 5s"),
        ("hedge", "after = 50ms"),
        ("pool", "size = 20"),
        ("bulkhead", "size = 10"),
        ("health", "interval = 10s, timeout = 2s, fall = 3, rise = 2"),
        ("eject", "failures = 5, for = 30s, most = 10%"),
        ("throttle", "k = 2, window = 2min"),
        ("retransmit", "rto = 200ms"),
        ("rebalance", "session_timeout = 45s, pause = 3s"),
        ("on_throttle", "backoff = 1s"),
        ("autoscale", "min = 2, max = 20, target = 60%"),
        ("step", "above = 80%, add = 2"),
        ("leader", "failover = 30s"),
        ("budget", "tokens = 60k, wall = 90s"),
        ("context", "initial = 3.5k, per_turn = 900, max = 128k"),
    ];
    let within = EXAMPLES.iter().find(|(name, _)| *name == block).map_or("", |(_, within)| within);
    if within.is_empty() { format!("{block} {{ }}") } else { format!("{block} {{ {} }}", within) }
}

/// Whether an edge that carries messages, or one that carries calls, has the property.
pub(super) fn is_of(name: &str, messages: bool) -> bool {
    const OF_CALLS: [&str; 2] = ["connect", "idle"];
    const OF_MESSAGES: [&str; 7] = ["visibility", "dead_letter", "filter", "group", "commit", "max_poll", "rebalance"];
    if messages { !OF_CALLS.contains(&name) } else { !OF_MESSAGES.contains(&name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::analyze;
    use crate::resolve::program::NoFiles;

    /// A program with a statement in a block.
    fn program(block: &str, statement: &str) -> String {
        let (mut system, mut edge, mut messages, mut component) = (String::new(), String::new(), "", String::new());
        let (mut endpoint, mut traffic, mut scenario, mut lets) = (String::new(), String::new(), "", String::new());
        let within = format!("{block} {{ {statement} }}");
        match block {
            "system" => system = statement.to_owned(),
            "slo" => system = format!("slo x {{ {statement} }}"),
            "edge" => edge = statement.to_owned(),
            "messages" => messages = statement,
            "traffic" => traffic = statement.to_owned(),
            "scenario" => scenario = statement,
            "component" => component = statement.to_owned(),
            "autoscale" | "leader" => component = within,
            "step" => component = format!("autoscale {{ max = 9, {within} }}"),
            "endpoint" => endpoint = statement.to_owned(),
            "budget" | "context" | "admit" => endpoint = within,
            "lookup" => endpoint = format!("lookup self {{ {statement} }}"),
            "put" => endpoint = format!("fill c.put {{ {statement} }}"),
            "on_throttle" => lets = format!("retry {{ {within} }}"),
            _ => edge = within,
        }
        if lets.is_empty() {
            lets = "retry { max = 1 }".to_owned()
        }
        format!(
            "sysdl 1\nlet named = {lets}\nsystem s {{\n service a {{ {component}\n endpoint e {{ {endpoint}\n }} }}\n cache c\n queue q\n service h {{ handler e {{ work 1ms }} }}\n a -> c {{ {edge}\n retry = named }}\n q ~> h {{ {messages} }}\n traffic t -> a {{ {traffic}\n }}\n {system}\n}}\nscenario base {{ }}\nscenario x {{ {scenario} }}\n"
        )
    }

    /// What the resolver says of a program, code and help.
    fn said(text: &str) -> Vec<(String, String)> {
        let found = analyze("x", text.as_bytes(), &NoFiles).check();
        found
            .into_iter()
            .map(|of| (of.code.id.to_owned(), format!("{}: {}", of.message, of.help.unwrap_or_default())))
            .collect()
    }

    #[test]
    fn every_word_of_the_table_is_one_of_the_language() {
        for (block, words) in BLOCKS {
            for word in *words {
                let sample = match (word.ty, word.default) {
                    ("block" | "policy", _) => example(word.name),
                    ("codes", _) => "allow = [W0405]".to_owned(),
                    (_, default) if !default.is_empty() && default != "none" => format!("{} = {default}", word.name),
                    ("duration" | "distribution", _) => format!("{} = 1s", word.name),
                    ("share", _) => format!("{} = 5%", word.name),
                    ("price" | "money", _) => format!("{} = $5/month", word.name),
                    ("text", _) => format!("{} = \"x\"", word.name),
                    ("scenario", _) => "extends = base".to_owned(),
                    _ => format!("{} = 5", word.name),
                };
                let of_messages = *block == "edge" && !is_of(word.name, false);
                let said = said(&program(if of_messages { "messages" } else { block }, &sample));
                let wrong = said
                    .iter()
                    .find(|(code, _)| matches!(code.as_str(), "E0106" | "E0110" | "E0115" | "E0102" | "E0103"));
                assert_eq!(wrong, None, "{block}: {sample}");
            }
        }
    }

    /// The resolver lists what it knows where it meets what it does not.
    #[test]
    fn every_word_that_the_resolver_lists_is_in_the_table() {
        let mut listed = 0;
        // Components and endpoints are told what their kind has.
        for (block, _) in BLOCKS.iter().filter(|(block, _)| !matches!(*block, "component" | "endpoint")) {
            for (code, help) in said(&program(block, "qqqqqqqqqq = 1")) {
                let Some((_, list)) = help.rsplit_once(" has ").filter(|_| code == "E0106") else { continue };
                for word in
                    list.split([',', ' ', '`']).filter(|word| !matches!(*word, "" | "and" | "or" | "{" | "…" | "}"))
                {
                    assert!(find(block, word).is_some(), "{block}: {word}");
                    listed += 1;
                }
            }
        }
        assert!(listed > 120, "{listed}");
    }
}
