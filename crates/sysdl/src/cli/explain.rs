//! `sysdl explain`: the page of a diagnostic, a kind or a fault.

use super::args::ExplainArgs;
use super::{OK, list, trouble};
use sysdl::{codes, diagnostic, reference};

/// Prints the page of a code, a kind or a fault; all codes with their titles without one.
pub fn explain(args: &ExplainArgs) -> u8 {
    let Some(name) = &args.name else {
        for code in codes::ALL {
            println!("{}  {}", code.id, code.title);
        }
        return OK;
    };
    if let Some(code) = codes::find(name) {
        println!("{}: {}\n\n{}", code.id, code.title, code.page);
        return OK;
    }
    let library = list::library();
    let (kinds, faults) = (reference::kinds(&library), reference::faults(&library));
    if let Some(kind) = kinds.iter().find(|page| page.name == *name) {
        println!(
            "{}\nEndpoints  {}\nFaults     {}",
            list::kind(kind),
            kind.endpoints.join(", "),
            kind.faults.join(", ")
        );
        return OK;
    }
    if let Some(fault) = faults.iter().find(|page| page.name == *name) {
        println!("{}", list::fault(fault));
        return OK;
    }
    let known = kinds.iter().map(|page| page.name.as_str()).chain(faults.iter().map(|page| page.name.as_str()));
    let help = diagnostic::nearest(name, known).map_or_else(
        || "`sysdl explain` lists diagnostics, `sysdl list` kinds and faults".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    );
    trouble(format!("nothing is called `{name}`; {help}"))
}
