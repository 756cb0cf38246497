//! Models that fail a test become small, and texts of the language, as far as that can say it.

use std::panic::{catch_unwind, set_hook};
use sysdl_kernel::columns::component::{ALL, ARRIVALS};
use sysdl_lower::model::Model;
use sysdl_tests::executions::interpreted;
use sysdl_tests::{generate, shrink};

/// As if every model failed in which something has come to a component with two servers.
fn fails(model: &Model) -> bool {
    let two = model.components.iter().position(|component| component.station.servers == Some(2));
    let found = catch_unwind(|| interpreted(model).cumulative);
    two.zip(found.ok()).is_some_and(|(row, cells)| cells.get(row * ALL.len() + ARRIVALS).is_some_and(|&n| n > 0))
}

#[test]
fn what_fails_becomes_small_and_can_be_read() {
    // Much of what is tried is no model, and ends in a panic that says nothing.
    set_hook(Box::new(|_| {}));
    let mut said = 0;
    for number in (0..60).filter(|&number| fails(&generate::model(number))).take(8) {
        let model = generate::model(number);
        let small = shrink::shrunk(&model, fails);
        let size = serde_json::to_string_pretty(&model).expect("it can be written").len();
        assert!(small.len() < size / 3, "model {number}: {} of {size} bytes\n{small}", small.len());
        if small.starts_with("sysdl 1") {
            assert!(fails(&shrink::resolved(&small).expect("it is right")), "{small}");
            said += 1;
            break;
        }
    }
    assert!(said > 0, "none could be said");
}
