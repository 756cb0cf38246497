//! Components one of whose replicas leads.

use super::Distribution;
use serde::{Deserialize, Serialize};

/// One replica leads: at first replica 0, later another when it is lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leaders {
    /// How the next one is found.
    pub succession: Succession,
    /// Calls for the leader wait while nobody leads. If not, they fail.
    pub waits: bool,
}

/// How the next leader is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Succession {
    /// Replicas elect it: one that has heard nothing for a while asks the others, and needs a majority of all.
    Election {
        /// Time from word to word of the leader, in nanoseconds. Positive.
        heartbeat_ns: u64,
        /// How long a replica that hears nothing waits.
        timeout: Distribution,
        /// Time from replica to replica and back, in nanoseconds.
        round_ns: u64,
    },
    /// Something else names it, so long after the leader was lost.
    Failover(Distribution),
}

/// Which replicas a call is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum At {
    /// Any that the edge may send to.
    #[default]
    Any,
    /// The one that leads.
    Leader,
    /// Any but the one that leads.
    Follower,
}

impl At {
    pub(super) fn is_any(&self) -> bool {
        *self == At::Any
    }
}
