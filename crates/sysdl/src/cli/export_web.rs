//! `sysdl export-web`: the page as a folder for any static host, or as one file.

use super::args::ExportWebArgs;
use super::{OK, site, trouble};
use std::path::Path;
use sysdl_web::Site;

/// What hosts that read `_headers` are told: what lies under a name that says what is in it never changes.
const HEADERS: &str =
    "/assets/*\n  Cache-Control: public, max-age=31536000, immutable\n\n/index.html\n  Cache-Control: no-cache\n";

/// Writes the page.
pub fn export_web(args: &ExportWebArgs) -> u8 {
    match try_export(args) {
        Ok(()) => OK,
        Err(code) => code,
    }
}

fn try_export(args: &ExportWebArgs) -> Result<(), u8> {
    let assets = site::assets(args.file.as_deref(), false)?;
    if args.single {
        let page = sysdl_web::single(&assets);
        write(&args.to, page.as_bytes())?;
        eprintln!("{}: {} KB", args.to.display(), page.len() / 1000);
        return Ok(());
    }
    let site = Site::new(&assets);
    for (path, bytes) in &site.files {
        write(&args.to.join(path), bytes)?;
    }
    write(&args.to.join("_headers"), HEADERS.as_bytes())?;
    // Hosts of pages that would run the folder through a generator are told not to.
    write(&args.to.join(".nojekyll"), b"")?;
    let bytes: usize = site.files.iter().map(|(_, bytes)| bytes.len()).sum();
    eprintln!(
        "{}: {} files, {} KB; open index.html from any static host",
        args.to.display(),
        site.files.len(),
        bytes / 1000
    );
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), u8> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written = folder.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, bytes));
    written.map_err(|error| trouble(format!("cannot write {}: {error}", path.display())))
}
