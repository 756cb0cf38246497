//! Operations.

use serde::{Deserialize, Serialize};

/// One row per endpoint, then one per source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Programs {
    /// `component.endpoint` or the source's name.
    pub name: Vec<String>,
    /// Serving component, or [`NONE`](super::NONE) for a source.
    pub component: Vec<u32>,
    /// First operation.
    pub entry: Vec<u32>,
}

/// What an operation does. `a`, `b`, `c` are the operand columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OpKind {
    /// Hold a server for a draw of distribution `a`. Then `next`; `alt` if there was no room to wait for one.
    Work,
    /// The same, and the draw grows by what row `b` of [`Paces`](super::Paces) says of the sizes.
    WorkBySize,
    /// See what of the request is cached, by row `a` of [`PromptCaches`](super::PromptCaches). Then `next`.
    ReadCache,
    /// Use what the request and its answer weigh, at the prices of row `a` of [`PriceLists`](super::PriceLists). Then `next`.
    Use,
    /// The visit has the budget of row `a` of [`Budgets`](super::Budgets): its wall time is a deadline. Then `next`.
    BudgetBegin,
    /// `next` if the budget of row `a` is not used up, else `alt`.
    BudgetCheck,
    /// The visit fails: `next` if the wall time of row `a` is over, else `alt`.
    BudgetOver,
    /// The visit stops because its budget is used up. Then `next`.
    BudgetStop,
    /// The visit has the context of row `a` of [`Contexts`](super::Contexts). Then `next`.
    ContextBegin,
    /// A round is over, and the context of row `a` has grown, if that is not [`NONE`](super::NONE). Then `next`.
    Turn,
    /// With the probability of the component's slot of failed writes: set the outcome to failed, go to `alt`; else `next`.
    Unwritable,
    /// The visit's steps are done: it may hold what it holds for a while (then `next`), or stall and fail (then `alt`).
    Linger,
    /// With the probability of the component's slot of flaws: set the outcome to failed, go to `alt`; else `next`.
    Flaw,
    /// Call through site `a`. Ends well: `next`; else `alt`.
    Call,
    /// Send a message through site `a` and go on. Then `next`.
    Send,
    /// With probability `f`: `next`; else `alt`.
    Branch,
    /// Lookup by ratio `f` in store `a`. Hit: `next`; miss: `alt`.
    HitRatio,
    /// Lookup by key: draw a key of keyspace `b` into register `c`, look it up in store `a`.
    /// `coalesce` = 1: a miss of a key being fetched waits for that fetch (then `next`, or `fail`).
    /// Hit: `next`; miss: `alt`.
    HitKey,
    /// As `HitKey`, of the request's key. A strand without a key misses, fetches for nobody and fills nothing.
    HitRequest,
    /// Set register `c` to no key: what follows fetches for nobody and fills nothing. Then `next`.
    NoKey,
    /// Fill store `a` with the key in register `c` (keyspace `b`); wake those who waited for it. Then `next`.
    /// Nothing is filled if the register holds no key.
    Fill,
    /// Write the request's key (keyspace `b`) to store `a`: fill its entry if `c` is 0, else remove it. Then `next`.
    Put,
    /// If the entry of the key in register `c` is out of date and nobody fetches it: start the branch in row `a` of
    /// [`Branches`], which has the key in register 0 and fetches it. Then `next`.
    Refresh,
    /// Give up the fetch of the key in register `c` (keyspace `b`, store `a`); those who waited for it
    /// fail with this strand's outcome. Then `next`. Nothing is given up if the register holds no key.
    Unfetch,
    /// Start the `b` branches from row `a` of [`Branches`]; go on when `c` have ended well.
    /// Well: `next`; else `alt`.
    Fork,
    /// Start the branch in row `a` of [`Branches`], which nobody waits for. Then `next`.
    Spawn,
    /// A branch ends well.
    BranchEnd,
    /// A branch ends badly, with this strand's outcome.
    BranchFail,
    /// Set register `c` to 0 and `c + 1` to a count: `a` rounds if `b` is [`NONE`](super::NONE), else
    /// `min(a, f + floor(draw of distribution b))`. No rounds: `alt`; else `next`.
    LoopBegin,
    /// Add 1 to register `c`. Fewer than register `c + 1`: `next`, one nanosecond later; else `alt`, at once.
    LoopNext,
    /// With probability `f`: set the outcome to rejected, go to `alt`; else `next`.
    TurnAway,
    /// Take a token of row `a` of [`Admissions`](super::Admissions) and go to `next`; if there is none, the outcome is rate limited: `alt`.
    Admit,
    /// Wait for a draw of distribution `a`. Then `next`.
    Pause,
    /// `next` if the request's key modulo `a` is `b`, else `alt`.
    OfClass,
    /// Look whether the subscriptions of row `a` of [`Depots`](super::Depots) have room: `next`, at once or when they have;
    /// or `alt`, if that is not waited for.
    Room,
    /// What is appended to row `a` of [`Logs`](super::Logs) has a partition from here on. Then `next`.
    LogPlace,
    /// The branch has made copy `a` of what its strand appends, if one was needed. Then `next`.
    LogCopied,
    /// `next` if what was appended is there, else `alt`.
    LogSettle,
    /// What was appended, and was said to be there, is lost. Then `next`.
    LogLost,
    /// With probability `f`: set the outcome to failed, go to `alt`; else `next`.
    Fail,
    /// Answer the caller now. Then `next`.
    Reply,
    /// The visit ends well.
    End,
    /// The visit ends with this strand's outcome.
    EndFailed,
    /// The strand is a request of flow `a` from here on. Then `next`.
    RequestBegin,
    /// The request of flow `a` has its answer; the strand's outcome is its outcome.
    RequestEnd,
}

/// Operations of all programs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ops {
    /// What is done.
    pub kind: Vec<OpKind>,
    /// Next operation, or [`NONE`](super::NONE).
    pub next: Vec<u32>,
    /// Other successor, or [`NONE`](super::NONE).
    pub alt: Vec<u32>,
    /// First operand.
    pub a: Vec<u32>,
    /// Second operand.
    pub b: Vec<u32>,
    /// Third operand.
    pub c: Vec<u32>,
    /// Probability or ratio.
    pub f: Vec<f64>,
    /// For `HitKey` and `HitRequest`: 1 if fetches are coalesced.
    pub coalesce: Vec<u32>,
    /// The same with coalescing: where a waiter goes when the fetch fails, else [`NONE`](super::NONE).
    pub fail: Vec<u32>,
    /// Hash of the step's path by name: purpose of its draws, key of its calls.
    pub path: Vec<u64>,
    /// Innermost loop around it: row in [`Scopes`], or [`NONE`](super::NONE).
    pub scope: Vec<u32>,
    /// The step's path as text, for people.
    pub label: Vec<String>,
    /// Component whose program it belongs to, or [`NONE`](super::NONE) for a source's.
    pub component: Vec<u32>,
}

/// Branch entries, `b` rows per fork.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Branches {
    /// First operation of the branch.
    pub entry: Vec<u32>,
    /// Hash of the branch's path: key of its strand.
    pub path: Vec<u64>,
}

/// One row per loop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scopes {
    /// The loop around this loop, or [`NONE`](super::NONE).
    pub parent: Vec<u32>,
    /// Register that counts its rounds from 0.
    pub register: Vec<u32>,
}
