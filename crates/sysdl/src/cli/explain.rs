//! `sysdl explain`: the page of a diagnostic.

use super::args::ExplainArgs;
use super::{OK, trouble};
use sysdl::codes;

/// Prints the page of a code, or all titles.
pub fn explain(args: &ExplainArgs) -> u8 {
    let Some(id) = &args.code else {
        for code in codes::ALL {
            println!("{}  {}", code.id, code.title);
        }
        return OK;
    };
    match codes::find(id) {
        Some(code) => {
            println!("{}: {}\n\n{}", code.id, code.title, code.page);
            OK
        }
        None => trouble(format!("there is no diagnostic `{id}`; `sysdl explain` lists them")),
    }
}
