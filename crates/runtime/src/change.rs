//! What the records of a component's changes say, in words.

use crate::trace::Record;
use sysdl_kernel::layout::record;

/// A word for what changed, and the whole story; none if the record is of another kind.
#[must_use]
pub fn change(component: &str, r: &Record) -> Option<(&'static str, String)> {
    Some(match r.kind {
        record::SCALED => ("scale", format!("{component} scales from {} to {}", r.a, r.b)),
        record::LED_ANEW if r.b > 0 => {
            ("elect", format!("{component}: {} partitions have another leader, {} have none", r.a, r.b))
        }
        record::LED_ANEW => ("elect", format!("{component}: {} partitions have another leader", r.a)),
        _ => return None,
    })
}
