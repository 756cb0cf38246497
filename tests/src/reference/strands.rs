//! Strands: whoever runs operations. Requests of sources, visits of components, branches of forks.
//!
//! A strand has a number that no other strand of the run ever had. So whoever remembers a strand that
//! has ended finds nobody, and never somebody else.

use super::calendar::Wait;
use super::connections::ConnectionId;
use super::logs::Appended;
use super::meters::{UnderWay, Usage};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use sysdl_kernel::draw::attempt_key;
use sysdl_kernel::outcome;

/// Number of a strand, from 1.
pub(super) type StrandId = u64;

/// A strand that waits, and the wait it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) strand: StrandId,
    pub(super) wait: Wait,
}

/// What a strand is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    /// A request of a source.
    Request { source: usize, user: u32, cycle: u64, session: Option<Session>, created_ns: u64 },
    /// Serves a message that travelled by a call site.
    Visit(Visit),
    /// A branch of a fork.
    Branch,
}

/// A session, and which of its requests it is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Session {
    pub(super) key: u64,
    pub(super) number: u64,
    pub(super) of: u64,
}

/// What only visits have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    /// The call site it came through.
    pub(super) site: u32,
    /// When its message reached the component; none while it is on its way.
    pub(super) arrived_ns: Option<u64>,
    /// When its service started.
    pub(super) started_ns: Option<u64>,
    /// It has given its answer.
    pub(super) answered: bool,
}

/// A call under way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Call {
    pub(super) site: u32,
    pub(super) key: u64,
    pub(super) began_ns: u64,
    /// Number of the attempt, from 0.
    pub(super) attempt: u32,
    pub(super) attempt_began_ns: u64,
    /// The wait for the attempt under way.
    pub(super) waiting: Option<Waiting>,
    /// Visits of the attempt and of its hedges.
    pub(super) visits: [Option<StrandId>; COPIES],
    /// Connections by which they go.
    pub(super) connections: [Option<ConnectionId>; COPIES],
    /// Replicas that they were sent to, 0 where replicas share a queue; none if it was not sent.
    pub(super) sent_to: [Option<usize>; COPIES],
    /// The attempt waits for a leader to be sent to.
    pub(super) waits: bool,
    /// Hedges so far.
    pub(super) hedges: u32,
    /// Copies beside one whose answers were not bad so far.
    pub(super) beside: u32,
}

/// Most copies of an attempt, itself included.
pub(super) const COPIES: usize = 9;

impl Call {
    /// Number of the copy whose visit has a key, if it is one of the attempt under way.
    pub(super) fn copy_of(&self, visit_key: u64) -> Option<usize> {
        (0..COPIES).find(|&copy| self.copy_key(copy) == visit_key)
    }

    /// Key of the visit that a copy of the attempt under way is.
    pub(super) fn copy_key(&self, copy: usize) -> u64 {
        attempt_key(self.key, ((copy as u64) << 32) + u64::from(self.attempt))
    }
}

/// What a callee remembers of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Served {
    NotYet,
    By(StrandId),
    Done,
}

/// What a strand does that can be broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// It makes a call, or pauses between attempts.
    Call,
    /// It waits for its branches.
    Fork(Waiting),
    /// Neither.
    Else,
}

/// A piece of work for which a server of its own is held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    /// When it asked for a server; once it has one, when it got it.
    pub(super) asked_ns: u64,
    pub(super) duration_ns: u64,
}

/// One strand.
#[derive(Clone, Debug)]
pub(super) struct Strand {
    pub(super) key: u64,
    pub(super) role: Role,
    /// Who waits for it: the caller of a visit, the strand that forked a branch.
    pub(super) awaited_by: Option<Waiting>,
    /// Component it runs at; none for a request.
    pub(super) component: Option<usize>,
    /// Replica within the component; none before one is chosen.
    pub(super) replica: Option<usize>,
    pub(super) outcome: u32,
    /// The key that it is about.
    pub(super) request_key: Option<u32>,
    /// What its message weighs, and a good answer.
    pub(super) size: u64,
    /// What of the message is cached; the context.
    pub(super) cached: u64,
    pub(super) context: u64,
    /// What it has used, and what comes with answers that are under way to it.
    pub(super) usage: Usage,
    pub(super) under_way: Vec<UnderWay>,
    pub(super) result: u64,
    /// Class in queues.
    pub(super) priority: u32,
    pub(super) registers: Vec<u32>,
    /// The wait it is in, if any.
    pub(super) wait: Option<Wait>,
    /// Operations at which it goes on after the wait.
    pub(super) well: u32,
    pub(super) badly: u32,
    pub(super) call: Call,
    /// Work that it waits to do or does, at a component held for work only.
    pub(super) work: Option<Work>,
    /// Of a fork: branches that must still end well, and failures that can be afforded.
    pub(super) needed: u32,
    pub(super) afforded: u32,
    pub(super) doing: Doing,
    /// It waits in a queue for a server.
    pub(super) queued: bool,
    /// It waits for a permit; permits it has.
    pub(super) gated: bool,
    pub(super) permits: u32,
    /// When its work ends; what was left of it when it was interrupted.
    pub(super) work_ends_ns: u64,
    pub(super) left_ns: Option<u64>,
    /// Strands whose work is done with its own.
    pub(super) riders: Vec<StrandId>,
    /// The message by which it comes, as a visit, crosses zones.
    pub(super) crosses: bool,
    /// Visits that are done with it; it is one of several.
    pub(super) company: Vec<StrandId>,
    pub(super) in_company: bool,
    /// Of a message: its partition within the group, and when it was published.
    pub(super) partition: usize,
    pub(super) born_ns: u64,
    /// What it has appended to a log.
    pub(super) appended: Option<Appended>,
    /// Its answer is not wanted any more, or not after an instant.
    pub(super) cancelled: bool,
    pub(super) deadline_ns: Option<u64>,
    /// Of a visit whose call is idempotent: key of the call.
    pub(super) serves: Option<u64>,
    /// The last idempotent call that it made, and what its callee remembers of it.
    pub(super) remembered: Option<(u64, Served)>,
}

impl Strand {
    /// A strand before its first operation.
    pub(super) fn new(key: u64, role: Role, registers: u32) -> Self {
        Strand {
            key,
            role,
            awaited_by: None,
            component: None,
            replica: None,
            outcome: outcome::OK,
            request_key: None,
            size: 0,
            cached: 0,
            context: 0,
            usage: Usage::default(),
            under_way: Vec::new(),
            result: 0,
            priority: 0,
            registers: vec![0; registers as usize],
            wait: None,
            well: 0,
            badly: 0,
            call: Call::default(),
            work: None,
            needed: 0,
            afforded: 0,
            doing: Doing::Else,
            queued: false,
            gated: false,
            permits: 0,
            work_ends_ns: 0,
            left_ns: None,
            riders: Vec::new(),
            crosses: false,
            company: Vec::new(),
            in_company: false,
            partition: 0,
            born_ns: 0,
            appended: None,
            cancelled: false,
            deadline_ns: None,
            serves: None,
            remembered: None,
        }
    }

    /// What it has as a visit.
    pub(super) fn visit(&mut self) -> &mut Visit {
        match &mut self.role {
            Role::Visit(visit) => visit,
            role => panic!("{role:?} is no visit"),
        }
    }
}

/// All strands alive.
#[derive(Debug, Default)]
pub(super) struct Strands {
    alive: HashMap<StrandId, Strand, BuildHasherDefault<Spread>>,
    born: u64,
    waits: u64,
}

impl Strands {
    /// A new strand and its number.
    pub(super) fn add(&mut self, strand: Strand) -> StrandId {
        self.born += 1;
        self.alive.insert(self.born, strand);
        self.born
    }

    /// Ends a strand.
    pub(super) fn remove(&mut self, id: StrandId) -> Strand {
        self.alive.remove(&id).expect("a strand ends once")
    }

    /// A strand that is alive.
    pub(super) fn get(&mut self, id: StrandId) -> &mut Strand {
        self.alive.get_mut(&id).expect("only a living strand is asked for")
    }

    /// Whether a strand has not ended.
    pub(super) fn is_alive(&self, id: StrandId) -> bool {
        self.alive.contains_key(&id)
    }

    /// A strand begins to wait.
    pub(super) fn begin_wait(&mut self, id: StrandId) -> Waiting {
        self.waits += 1;
        let wait = self.waits;
        self.get(id).wait = Some(wait);
        Waiting { strand: id, wait }
    }

    /// Whether a strand is alive and still in that wait.
    pub(super) fn waits(&self, waiting: Waiting) -> bool {
        self.alive.get(&waiting.strand).is_some_and(|strand| strand.wait == Some(waiting.wait))
    }

    /// Ends a wait. False if it was over already.
    pub(super) fn end_wait(&mut self, waiting: Waiting) -> bool {
        let waited = self.waits(waiting);
        if waited {
            self.get(waiting.strand).wait = None;
        }
        waited
    }

    /// Numbers of the strands that a condition holds for, oldest first.
    pub(super) fn which(&self, condition: impl Fn(&Strand) -> bool) -> Vec<StrandId> {
        let mut ids: Vec<_> = self.alive.iter().filter(|(_, strand)| condition(strand)).map(|(&id, _)| id).collect();
        ids.sort_unstable();
        ids
    }

    /// Number of strands alive.
    pub(super) fn len(&self) -> usize {
        self.alive.len()
    }
}

/// Spreads consecutive numbers over a hash map; the default hasher is built against attackers.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only numbers are hashed");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = sysdl_kernel::draw::mix(number);
    }
}
