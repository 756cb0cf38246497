//! Modules as files: what `sysdl build` writes, and what can be asked of that.

mod folder;

use folder::{Folder, code, errors};

/// Two tiers, with what a text could be asked for, and a module cannot.
const TIERS: &str = "sysdl 1

param load: rate = 40rps

system tiers {
  service front { concurrency = 64, queue = 64, endpoint get { work exp(2ms), call back.get } }
  service back { concurrency = 2, queue = 64, endpoint get { work exp(20ms) } }
  front -> back { timeout = 200ms }
  traffic users -> front { open = poisson(load) }
}

scenario steady of tiers {
  duration = 20s
}

scenario slow of tiers {
  duration = 20s
  at 8s inject slow(4x) on back for 4s
}
";

/// A module can be kept, compared, and named by its hash: whoever builds it, and wherever memory lies, it is the same bytes.
#[test]
fn every_process_builds_the_same_bytes() {
    let folder = Folder::new("bytes");
    folder.write("tiers.sysdl", TIERS);
    let built = || {
        assert_eq!(code(&folder.sysdl(&["build", "tiers.sysdl", "-o", "tiers.wasm"])), 0);
        std::fs::read(folder.path().join("tiers.wasm")).expect("it was written")
    };
    let first = built();
    for _ in 0..7 {
        assert!(built() == first, "another module");
    }
}

/// A module is one scenario: what would choose or change one is refused, not left out.
#[test]
fn what_needs_the_text_is_not_asked_of_a_module() {
    let folder = Folder::new("module");
    folder.write("tiers.sysdl", TIERS);
    assert_eq!(code(&folder.sysdl(&["build", "tiers.sysdl", "-o", "tiers.wasm"])), 0);
    for asked in [["--set", "load=9rps"], ["--duration", "5s"], ["--scenario", "slow"], ["--until", "p99 ±5%"]] {
        let output = folder.sysdl(&["run", "tiers.wasm", asked[0], asked[1]]);
        let errors = errors(&output);
        assert_eq!(code(&output), 2, "{errors}");
        assert!(errors.contains(&format!("`{}` needs the text", asked[0])), "{errors}");
    }
    let why = folder.sysdl(&["why", "tiers.wasm"]);
    assert_eq!(
        (code(&why), errors(&why).as_str()),
        (2, "error: tiers.wasm is a module, not a text: only `sysdl run` takes one\n")
    );
}
