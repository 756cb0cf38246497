//! Columns of traffic.

use serde::{Deserialize, Serialize};

/// One row per source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sources {
    /// Name.
    pub name: Vec<String>,
    /// `name_hash(name)`.
    pub hash: Vec<u64>,
    /// Program that a request of this source runs.
    pub program: Vec<u32>,
    /// Users of a closed source, as many as there can be; 0 for an open one.
    pub users: Vec<u32>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): think time of a closed source, gaps at unit rate of an open one; or [`NONE`](super::NONE).
    pub think: Vec<u32>,
    /// 1: Poisson gaps; 0: gaps of the distribution, or equal gaps if there is none.
    pub poisson: Vec<u32>,
    /// Rate of an open source, per second, unless a slot says otherwise.
    pub rate: Vec<f64>,
    /// Slot of the number of users that are there, or [`NONE`](super::NONE): all of them.
    pub slot_users: Vec<u32>,
    /// Slot that holds the rate, per second, or [`NONE`](super::NONE). Bursts are `Set` effects on it.
    pub slot_rate: Vec<u32>,
    /// Draw purpose of gaps, or of think times.
    pub purpose: Vec<u64>,
    /// Row in [`Intakes`], or [`NONE`](super::NONE) where each arrival is one request, at a rate or of a user.
    pub intake: Vec<u32>,
}

/// One row per open source whose arrivals are by the clock or a list, or more than one request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Intakes {
    /// Most that come at an arrival; if `batch_extra` is [`NONE`](super::NONE), always so many.
    pub batch_most: Vec<u32>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): `min(batch_most, batch_base + floor(draw))` come; or [`NONE`](super::NONE).
    pub batch_extra: Vec<u32>,
    /// See `batch_extra`.
    pub batch_base: Vec<u32>,
    /// The same of the requests of a session; 0: who arrives is one request.
    pub session_most: Vec<u32>,
    /// See `session_most`.
    pub session_extra: Vec<u32>,
    /// See `session_most`.
    pub session_base: Vec<u32>,
    /// Row in [`Plan::distributions`](super::Plan::distributions): think time of a session; or [`NONE`](super::NONE).
    pub think: Vec<u32>,
    /// Nanoseconds between arrivals by the clock, 0: not by the clock.
    pub every_ns: Vec<u64>,
    /// The first of them.
    pub first_ns: Vec<u64>,
    /// Who comes does so within this time, 0: at once.
    pub spread_ns: Vec<u64>,
    /// First row in [`Plan::instants`](super::Plan::instants).
    pub first_instant: Vec<u32>,
    /// How many, 0: not by a list.
    pub instants: Vec<u32>,
    /// After which time the list begins anew, in nanoseconds, 0: never.
    pub period_ns: Vec<u64>,
    /// Draw purposes: how many come, how many requests, think times, place within the spread.
    pub purposes: Vec<[u64; 4]>,
}

/// One row per endpoint that traffic enters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flows {
    /// `component.endpoint`.
    pub name: Vec<String>,
    /// `name_hash(name)`.
    pub hash: Vec<u64>,
    /// A good answer comes within this, in nanoseconds; 0: any time.
    pub good_within_ns: Vec<u64>,
}
