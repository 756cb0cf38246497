//! What is done to a plan and its module that changes nothing but size and speed.
//!
//! Each pass can be left out. A module made without them is larger and slower, and has the same facts: tests hold one
//! against the other, `sysdl build --plain` writes it. Normalization is no such pass: a warm store holds the keys that
//! something asks for, so what nothing reaches could be seen.

/// Which passes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passes {
    /// Equal distributions and policies share a row.
    pub share: bool,
    /// Operations that are entered from one place only follow it in line. Otherwise each is a function.
    pub in_line: bool,
    /// Constant durations are not sampled, comparisons of probabilities spare a multiplication, and zeros among rows are not
    /// written.
    pub fold: bool,
    /// Code has numbers where it would read what never changes, and no way on which they do not lead.
    pub specialize: bool,
    /// Functions of the kernel stand in place of calls of them where that costs few bytes. Only where code is
    /// specialized.
    pub expand: bool,
    /// Functions of labels that differ in numbers only are one, which takes these numbers, where there are many labels.
    pub merge: bool,
    /// Parameters that nothing changes are constants of the code. Otherwise each is read from a cell, as where it may change.
    pub fix: bool,
    /// Parts of the kernel that the plan does not enter are left out.
    pub leave_out: bool,
    /// Requests are resolved ahead of time where nothing can come between. Otherwise each of their steps is an event.
    pub ahead: bool,
}

impl Passes {
    /// Every pass.
    pub const ALL: Passes = Passes {
        share: true,
        in_line: true,
        fold: true,
        specialize: true,
        expand: true,
        merge: true,
        fix: true,
        leave_out: true,
        ahead: true,
    };
    /// None: a plain lowering.
    pub const NONE: Passes = Passes {
        share: false,
        in_line: false,
        fold: false,
        specialize: false,
        expand: false,
        merge: false,
        fix: false,
        leave_out: false,
        ahead: false,
    };
}
