//! How a request, a visit or an attempt ends. The codes are part of digests and goldens.

/// Answered as asked.
pub const OK: u32 = 0;
/// The caller's patience ran out.
pub const TIMEOUT: u32 = 1;
/// Turned away: no room to wait.
pub const REJECTED: u32 = 2;
/// Turned away by a declared decision.
pub const SHED: u32 = 3;
/// Over a rate limit.
pub const RATE_LIMITED: u32 = 4;
/// Not sent: the breaker was open.
pub const BREAKER_OPEN: u32 = 5;
/// Lost on a link, and known to be.
pub const LOST: u32 = 6;
/// Failed: an error, or a fault.
pub const FAILED: u32 = 7;
/// The user left.
pub const ABANDONED: u32 = 8;
/// Not sent: no replica led.
pub const NO_LEADER: u32 = 9;

/// Number of codes.
pub const COUNT: usize = 10;

/// Names in code order, as reports and `on = [...]` lists write them.
pub const NAMES: [&str; COUNT] =
    ["ok", "timeout", "rejected", "shed", "rate_limited", "breaker_open", "lost", "failed", "abandoned", "no_leader"];
