//! `sysdl test --review`: what drifted, one by one, accepted or not by a person.

use super::{Case, Fate, accept};
use std::io::{self, BufRead as _, Write as _};

/// Asks about every run whose golden drifted or is missing.
pub(super) fn review(cases: &mut [Case]) -> io::Result<()> {
    let mut answers = io::stdin().lock().lines();
    let open = cases.iter_mut().filter(|case| matches!(case.result, Fate::Drift(_) | Fate::New));
    for case in open {
        println!("\n{}", case.name);
        match &case.result {
            Fate::Drift(what) => what.lines().for_each(|line| println!("  {line}")),
            _ => println!("  no golden is kept"),
        }
        loop {
            print!("  [a]ccept, [s]kip, [f]ull text, [q]uit? ");
            io::stdout().flush()?;
            let Some(answer) = answers.next().transpose()? else { return Ok(()) };
            match answer.trim() {
                "a" | "accept" => {
                    accept(&case.golden, &case.fresh)?;
                    case.result = Fate::Pass;
                    break;
                }
                "s" | "skip" | "" => break,
                "f" | "full" => print!("{}", case.fresh),
                "q" | "quit" => return Ok(()),
                other => println!("  `{other}` is none of these"),
            }
        }
    }
    Ok(())
}
