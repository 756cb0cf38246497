//! A thousand components of mixed kinds and a million requests in flight: the run ends, or stops where the plan said.

use std::fmt::Write as _;
use sysdl::resolve::analyze;
use sysdl::resolve::program::NoFiles;
use sysdl_lower::compile;
use sysdl_runtime::guest::{Prepared, Status};
use sysdl_runtime::{Limits, drive, verify};

const ROOM: u32 = 1_000_000;

/// A hundred groups of ten components.
fn text() -> String {
    let mut text = String::from("sysdl 1\nsystem big {\n");
    for i in 0..100 {
        let _ = writeln!(
            text,
            "gateway gw{i} {{ endpoint handle {{ call web{i}.get }} }}
            service web{i} {{ replicas = 4, concurrency = 64, queue = unlimited
              endpoint get {{ work exp(2ms), call api{i}.get, lookup kv{i}.get {{ hit_ratio = 90%, miss {{ call db{i}.query }} }}, publish jobs{i} }} }}
            service api{i} {{ concurrency = 64, endpoint get {{ work exp(1ms), call side{i}.get, with 1% {{ call model{i}.complete }} }} }}
            service side{i} {{ endpoint get {{ work exp(1ms) }} }}
            cache kv{i} {{ }}
            database db{i} {{ endpoint query {{ work exp(1ms) }} }}
            llm model{i} {{ ttft = 500ms, output = 100, speed = 50tok/s }}
            queue jobs{i} {{ }}
            worker hand{i} {{ concurrency = 4, handler work_on {{ work exp(5ms), call store{i}.put }} }}
            object_store store{i} {{ }}
            gw{i} -> web{i} {{ timeout = 5s }}\nweb{i} -> api{i} {{ timeout = 2s }}\nweb{i} -> kv{i} {{ timeout = 1s }}
            web{i} -> db{i} {{ timeout = 1s }}\nweb{i} ~> jobs{i}\njobs{i} ~> hand{i}\napi{i} -> side{i} {{ timeout = 1s }}
            api{i} -> model{i} {{ timeout = 10s }}\nhand{i} -> store{i} {{ timeout = 1s }}
            traffic people{i} -> gw{i}.handle {{ open = poisson(40krps) }}"
        );
    }
    text + "}\nscenario flood of big { duration = 10s, in_flight = 1M }\n"
}

/// Most memory that this process has held, in bytes, where the system says.
fn held() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[test]
fn a_thousand_components_stop_at_a_million_requests_within_the_memory_announced() {
    let analysis = analyze("big.sysdl", text().as_bytes(), &NoFiles);
    let model = analysis.resolve("flood", &[]).model.expect("it is right");
    assert_eq!(model.components.len(), 1000);
    let compiled = compile(&model).expect("it fits");
    let announced = compiled.module.pages * 65_536;
    let prepared = Prepared::new(&compiled.module.bytes).expect("it is valid");
    let before = held();
    let mut guest = prepared.instantiate().expect("it instantiates");
    let trace = drive(&mut guest, prepared.meta(), 1, Limits::default(), |_| true).expect("it runs");
    assert_eq!(trace.status, Status::OutOfPool);
    assert_eq!((trace.frames_in_use, trace.calendar_full), (ROOM, false));
    assert_eq!(verify(&trace), Vec::<String>::new());
    // The host keeps closed windows and a copy of their rows beside it.
    if let (Some(before), Some(after)) = (before, held()) {
        let grown = after - before;
        assert!(grown < announced + (64 << 20), "{grown} bytes more than before, {announced} were announced");
    }
}
