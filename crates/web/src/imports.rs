//! Modules that import each other by relative addresses.

/// A module with the addresses of others as `name` has them; what it keeps is `None`.
pub fn renamed(text: &str, mut name: impl FnMut(&str) -> Option<String>) -> String {
    let mut all = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, lead)) =
        ["from \"", "import(\"", "import \""].iter().filter_map(|lead| Some((rest.find(lead)?, lead))).min()
    {
        let begin = at + lead.len();
        let Some(length) = rest[begin..].find('"') else { break };
        let address = &rest[begin..begin + length];
        all.push_str(&rest[..begin]);
        let new = if address.starts_with('.') { name(address) } else { None };
        all.push_str(new.as_deref().unwrap_or(address));
        rest = &rest[begin + length..];
    }
    all.push_str(rest);
    all
}

/// `../live.mjs` in a module, by its path.
pub fn resolved(module: &str, address: &str) -> String {
    let folder = module.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in address.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
