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
        record::LEADER_LOST => ("leader", format!("{component} has no leader: {}", lost(r.a, r.b))),
        record::ELECTION_TIMEOUT => ("election", format!("{component}[{}] has heard nothing of a leader", r.a)),
        record::CANDIDATE => ("election", format!("{component}[{}] asks for votes in term {}", r.a, r.b)),
        record::NOT_ELECTED => ("election", format!("{component}[{}] is not elected in term {}", r.a, r.b)),
        record::ELECTED => ("leader", format!("{component}[{}] leads in term {}", r.a, r.b)),
        _ => return None,
    })
}

/// Why a replica does not lead any more.
fn lost(replica: u64, why: u64) -> String {
    match why {
        0 => format!("[{replica}] is down"),
        1 => format!("nothing is heard of [{replica}]"),
        2 => format!("[{replica}] hears nothing of a majority"),
        _ => format!("[{replica}] is replaced"),
    }
}
