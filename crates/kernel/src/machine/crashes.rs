//! Replicas that go down: what becomes of the work that they hold.

use super::frames::{self, CANCELLED, CLASS, DYING, LIVE, PRESENT, REPLIED, SAMPLED, VISIT, is, moves_on};
use super::memory::{get32, get64, key_of, machine, set32, set64};
use super::stations::component;
use super::{calls, idempotency, meters, queues, windows};
use crate::columns::component as column;
use crate::draw::nth;
use crate::layout::{frame32, frame64};

/// Number, within a visit, of the visit that it is when it begins anew.
const ANEW: u64 = 1 << 33;

/// How a replica is down.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Down {
    /// What it holds fails, and so does what comes.
    Fails,
    /// Both vanish without an answer.
    Silent,
    /// What it has in service goes back to the queue that it shares.
    Requeues,
}

/// What the value of the parameter means, which is not 0.
pub fn how(value: f64) -> Down {
    if value >= 3.0 {
        Down::Requeues
    } else if value >= 2.0 {
        Down::Silent
    } else {
        Down::Fails
    }
}

/// Nobody hears how a visit ends: it counts as answered.
pub fn silence(visit: u32) {
    frames::raise(visit, REPLIED);
}

/// Visits that die at a replica go back to the head of their queue; those that came first are first. Branches are gone,
/// and what was used so far is wasted.
#[unsafe(export_name = "if_requeue_all")]
#[inline(never)]
pub extern "C" fn requeue(c: u32) {
    for frame in (0..machine().fresh.get()).filter(|&frame| is(frame, DYING)) {
        meters::die(c, frame, calls::callee(frame));
        if !is(frame, VISIT) {
            frames::release(frame);
        }
    }
    while let Some(visit) = latest_dying() {
        let kept = LIVE | VISIT | PRESENT | REPLIED | SAMPLED | CLASS | CANCELLED;
        moves_on(visit);
        meters::begin(visit);
        if idempotency::any() {
            idempotency::begins_anew(visit);
        }
        set32(frame32::STATE, visit, get32(frame32::STATE, visit) & kept);
        set32(frame32::REPLICA, visit, component(c).first_replica);
        set64(frame64::KEY, visit, nth(key_of(visit), ANEW));
        windows::count(c, column::REQUEUED);
        queues::put_back(c, component(c).first_replica, visit);
    }
}

fn latest_dying() -> Option<u32> {
    let dying = (0..machine().fresh.get()).filter(|&frame| is(frame, DYING | VISIT));
    dying.max_by_key(|&frame| (get64(frame64::ARRIVED_NS, frame), key_of(frame)))
}
