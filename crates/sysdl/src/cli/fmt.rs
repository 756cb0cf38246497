//! `sysdl fmt`: one style.

use super::args::FmtArgs;
use super::{FINDINGS, OK, files, trouble};
use std::path::Path;
use sysdl::syntax::span::{Source, Sources};

/// Formats files in place.
pub fn fmt(args: &FmtArgs) -> u8 {
    let paths = match files::find(&args.paths) {
        Ok(paths) => paths,
        Err(code) => return code,
    };
    let (mut changed, mut refused) = (0, false);
    for path in &paths {
        let bytes = match files::read(path) {
            Ok(bytes) => bytes,
            Err(code) => return code,
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match sysdl::fmt::format(&bytes) {
            Ok(formatted) if path == Path::new("-") => print!("{formatted}"),
            Ok(formatted) if formatted == text => {}
            Ok(_) if args.check => {
                println!("{} would change", path.display());
                changed += 1;
            }
            Ok(formatted) => {
                if let Err(error) = sysdl_runtime::golden::write_atomically(path, &formatted) {
                    return trouble(format!("cannot write {}: {error}", path.display()));
                }
                println!("{}", path.display());
            }
            Err(diagnostics) => {
                let mut sources = Sources::default();
                sources.add(Source::new(path.display().to_string(), text));
                files::show(&diagnostics, &sources);
                refused = true;
            }
        }
    }
    if refused || changed > 0 { FINDINGS } else { OK }
}
