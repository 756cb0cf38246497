//! What is remembered by key, counted exactly: files of the language whose counts follow from what they say.

use std::path::Path;
use sysdl_kernel::columns::component;
use sysdl_kernel::draw::{chance, nth, purpose};
use sysdl_kernel::outcome;
use sysdl_runtime::Trace;
use sysdl_tests::programs;

/// A run of a file, and the counts of its components.
struct Run {
    trace: Trace,
}

fn run(file: &str) -> Run {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("stores").join(file);
    let program = programs::load(&path, "steady");
    Run { trace: program.run(program.model.seed) }
}

impl Run {
    fn window(&self, name: &str, column: usize, window: usize) -> u64 {
        let index = self.trace.meta.components.iter().position(|c| c.name == name).expect("it is there");
        self.trace.windows[window][index * component::COUNT + column]
    }

    fn count(&self, name: &str, column: usize) -> u64 {
        (0..self.trace.windows.len()).map(|window| self.window(name, column, window)).sum()
    }

    fn hits(&self, name: &str) -> u64 {
        self.count(name, component::HITS)
    }

    fn misses(&self, name: &str) -> u64 {
        self.count(name, component::MISSES)
    }
}

#[test]
fn keys_of_requests_are_inherited_by_whatever_is_done_for_them() {
    let run = run("keys.sysdl");
    assert!(run.misses("near") > 900, "{} keys were asked for", run.misses("near"));
    // What one store misses once, the other does, at the same request; nothing else comes to it.
    assert_eq!(run.misses("origin"), run.misses("near"));
    assert_eq!(run.hits("origin"), 0);
    // So does the component's own store.
    assert_eq!(run.misses("app"), run.misses("near"));
    // The messages are all about the only key of their own population.
    assert_eq!(run.misses("third"), 1);
    assert!(run.hits("third") > 10_000);
}

#[test]
fn four_ways_to_write() {
    let run = run("writes.sysdl");
    let arrivals = |name: &str| run.count(name, component::ARRIVALS);
    // What was fetched at 0.1 s has expired at 1.2 s, and so on every 1.1 s.
    assert_eq!((run.misses("through"), arrivals("through_db")), (91, 91));
    // Reads at 0.1 s; writes at 1 to 99 s.
    assert_eq!((run.misses("both_cache"), arrivals("both_db")), (1, 1 + 99));
    assert_eq!((run.misses("behind_cache"), arrivals("behind_db")), (1, 1 + 99));
    assert_eq!((run.misses("aside_cache"), arrivals("aside_db")), (1 + 99, 1 + 99 + 99));
    // Who writes behind does not wait for the database: 99 times 30 ms, which it takes all the same.
    let time = |name: &str| run.count(name, component::SOJOURN_NS);
    let saved = time("both").abs_diff(time("behind"));
    assert!(saved.abs_diff(99 * 30_000_000) < 2_000, "{saved} ns");
}

#[test]
fn what_is_out_of_date_serves_while_it_is_fetched() {
    let run = run("serve_stale.sysdl");
    let stale = |window: usize| run.window("pages", component::STALE, window);
    assert_eq!(run.misses("pages"), 1);
    assert_eq!(run.count("pages", component::COALESCED), 2);
    // Seven times from 1.4 to 9.2 s, eight times from 10.5 to 19.6 s; that of 10 s counts in the first window.
    assert_eq!((stale(0), stale(1)), (7 * 3, 8 * 3));
    // What was fetched at 19.85 s is out of date from 20.85 s on.
    assert_eq!(stale(2), 91);
    assert_eq!(run.hits("pages"), 300 - 3 - 1);
    assert_eq!(run.count("app", component::OUTCOMES), 300 - 1);
}

#[test]
fn a_hot_key_empties_its_own_partition() {
    let run = run("partitions.sysdl");
    assert_eq!(run.count("hot", component::OUTCOMES), 100);
    assert_eq!(run.count("hot", component::OUTCOMES + outcome::RATE_LIMITED as usize), 899);
    assert_eq!(run.count("cool", component::OUTCOMES), 999);
}

#[test]
fn keys_that_do_not_exist() {
    let run = run("negative.sysdl");
    let absent = |store: &str| {
        let key = purpose(store, "negative");
        (0..1_000).filter(|&k| chance(nth(key, k), 0.3)).count() as f64 / 1_000.0
    };
    let all = run.hits("forgets") + run.misses("forgets");
    let missed = run.misses("forgets") as f64 / all as f64;
    assert!((missed - absent("forgets")).abs() < 0.005, "{missed}, {} do not exist", absent("forgets"));
    assert_eq!(run.misses("knows"), 1_000);
}

#[test]
fn a_store_that_was_emptied_fills_with_popular_keys_first() {
    let run = run("cold.sysdl");
    let weights: Vec<f64> = (1..=1_000).map(|rank| f64::from(rank).powf(-0.9)).collect();
    let total: f64 = weights.iter().sum();
    let warm = |t: f64| weights.iter().map(|w| w / total).map(|p| p * (1.0 - (-200.0 * p * t).exp())).sum::<f64>();
    for (t, exact) in [(1, 0.515_550), (5, 0.759_623), (10, 0.856_175), (30, 0.964_736), (60, 0.993_117)] {
        assert!((warm(f64::from(t)) - exact).abs() < 1e-6);
        // The mean of the second before and the second after.
        let expected = (0..200).map(|i| f64::from(t) - 0.995 + 0.01 * f64::from(i)).map(warm).sum::<f64>() / 200.0;
        let around = |column| -> u64 {
            let windows = (0..200).flat_map(|flush| [70 * flush + t as usize - 1, 70 * flush + t as usize]);
            windows.map(|w| run.window("pages", column, w)).sum()
        };
        let (hits, misses) = (around(component::HITS) as f64, around(component::MISSES) as f64);
        let found = hits / (hits + misses);
        assert!((found - expected).abs() < 0.01 * expected, "{t} s: {found}, theory {expected}");
    }
}

#[test]
fn what_is_written_can_be_read_after_a_while() {
    let run = run("lag.sysdl");
    // Written at 2.05, 4.05, 6.05, 8.05 s and removed at 3.05, 5.05, 7.05, 9.05 s: three old reads each.
    assert_eq!(run.count("store", component::STALE), 8 * 3);
    assert_eq!(run.misses("store"), 4);
    // Those who read from the copy that is written to read nothing old.
    assert_eq!(run.count("follower", component::STALE), 9 * 3);
    assert_eq!((run.hits("follower"), run.misses("follower")), (99, 0));
}
