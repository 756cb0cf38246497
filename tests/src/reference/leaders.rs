//! Leaders: who leads, who notices that nobody does, and who is elected or named.

use super::Engine;
use super::calendar::{Event, How};
use super::draws::whole_ns;
use super::strands::Doing;
use sysdl_kernel::columns::component;
use sysdl_kernel::draw::{draw, mix, nth, source_key};
use sysdl_kernel::fact::{self, transition};
use sysdl_lower::plan::{NONE, Plan};

/// Why a leader is lost.
const DOWN: u32 = 0;
const SILENT: u32 = 1;
const ALONE: u32 = 2;
const REPLACED: u32 = 3;

/// A step of an election, with the term that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ballot {
    /// The others are asked.
    Asked(u32),
    /// Their votes are counted.
    Counted(u32),
}

/// One of the replicas.
#[derive(Clone, Debug)]
struct Member {
    attends: bool,
    term: u32,
    /// It has voted in that term.
    voted: bool,
    /// Votes for it in that term, while it is a candidate.
    votes: Option<usize>,
    /// Number of the timer that may run out.
    timer: u64,
    /// Times drawn.
    draws: u64,
}

/// A component one of whose replicas leads.
pub(super) struct Leadership {
    component: usize,
    members: Vec<Member>,
    pub(super) leader: Option<usize>,
    /// Who was lost last, and when.
    lost: Option<(usize, u64)>,
    since_ns: u64,
    term: u32,
    /// Nobody leads who attends.
    vacant: bool,
    /// The timer until the next is named or the leader steps down, if one is set; timers are numbered.
    common: Option<u64>,
    timers: u64,
    draws: u64,
    /// The next may be named as soon as somebody attends.
    overdue: bool,
}

impl Leadership {
    fn attending(&self) -> usize {
        self.members.iter().filter(|member| member.attends).count()
    }

    fn majority(&self) -> usize {
        self.members.len() / 2 + 1
    }

    fn next_timer(&mut self) -> u64 {
        self.timers += 1;
        self.timers
    }
}

/// At the begin replica 0 leads, and all attend.
pub(super) fn all(plan: &Plan) -> Vec<Leadership> {
    let member = Member { attends: true, term: 1, voted: false, votes: None, timer: 0, draws: 0 };
    let of = |&c: &u32| Leadership {
        component: c as usize,
        members: vec![member.clone(); plan.components.replicas[c as usize] as usize],
        leader: Some(0),
        lost: None,
        since_ns: 0,
        term: 1,
        vacant: false,
        common: None,
        timers: 0,
        draws: 0,
        overdue: false,
    };
    plan.leaders.component.iter().map(of).collect()
}

impl Engine<'_> {
    /// Number of a component among those where somebody leads.
    fn leadership_of(&self, c: usize) -> Option<usize> {
        let row = self.plan.components.leaders[c];
        (row != NONE).then_some(row as usize)
    }

    /// The replica that leads.
    pub(super) fn leader_of(&self, c: usize) -> Option<usize> {
        self.leaderships[self.leadership_of(c)?].leader
    }

    /// Calls for the leader wait for one.
    pub(super) fn waits_for_leader(&self, c: usize) -> bool {
        self.leadership_of(c).is_some_and(|l| self.plan.leaders.waits[l] == 1)
    }

    /// Whom an effect on the leader strikes.
    pub(super) fn leader_struck(&self, c: usize) -> Option<usize> {
        let leadership = &self.leaderships[self.leadership_of(c)?];
        let lost_now = leadership.lost.filter(|&(_, at_ns)| at_ns == self.now).map(|(r, _)| r);
        leadership.leader.or(lost_now)
    }

    /// Whether nobody leads who attends.
    pub(super) fn is_vacant(&self, c: usize) -> bool {
        self.leadership_of(c).is_some_and(|l| self.leaderships[l].vacant)
    }

    /// What lets a replica attend may have changed.
    pub(super) fn attendance(&mut self, c: usize, r: usize) {
        let Some(l) = self.leadership_of(c) else { return };
        let replica = &self.stations[c].replicas[r];
        let (up, takes) = (replica.up, replica.takes());
        let attends = up && takes && self.parameters.at(self.plan.components.slot_speed[c], r) != Some(0.0);
        let member = &mut self.leaderships[l].members[r];
        let before = std::mem::replace(&mut member.attends, attends);
        match (before, attends) {
            (false, true) => self.joins_again(l, r),
            (true, false) => {
                (member.timer, member.votes) = (0, None);
                if self.leaderships[l].leader == Some(r) {
                    self.becomes_vacant(l);
                } else {
                    self.watch_majority(l);
                }
            }
            _ => {}
        }
        if self.leaderships[l].leader == Some(r) && !up {
            self.loses_leader(l, DOWN);
        }
    }

    fn joins_again(&mut self, l: usize, r: usize) {
        let leadership = &mut self.leaderships[l];
        if leadership.leader == Some(r) {
            self.is_led(l);
            self.watch_majority(l);
        } else if !leadership.vacant {
            leadership.members[r].term = leadership.term;
            self.watch_majority(l);
        } else if self.plan.leaders.elected[l] == 1 {
            self.listens(l, r, self.now);
        } else if leadership.overdue {
            let term = leadership.term + 1;
            self.leads(l, r, term);
        }
    }

    fn becomes_vacant(&mut self, l: usize) {
        let (heartbeat_ns, leg_ns) = (self.plan.leaders.heartbeat_ns[l], self.plan.leaders.leg_ns[l]);
        let leadership = &mut self.leaderships[l];
        (leadership.vacant, leadership.common, leadership.overdue) = (true, None, false);
        if self.plan.leaders.elected[l] == 0 {
            return self.set_common_timer(l);
        }
        let words = (self.now - leadership.since_ns) / heartbeat_ns;
        let heard_ns = leadership.since_ns + words * heartbeat_ns + leg_ns;
        self.all_listen(l, heard_ns);
    }

    /// All who attend hear nothing from an instant on.
    fn all_listen(&mut self, l: usize, from_ns: u64) {
        for r in 0..self.leaderships[l].members.len() {
            if self.leaderships[l].members[r].attends {
                self.listens(l, r, from_ns);
            }
        }
    }

    /// Somebody leads who attends: no timer runs, nobody is a candidate.
    fn is_led(&mut self, l: usize) {
        let leadership = &mut self.leaderships[l];
        (leadership.vacant, leadership.common, leadership.overdue) = (false, None, false);
        for member in &mut leadership.members {
            (member.timer, member.votes) = (0, None);
        }
    }

    fn loses_leader(&mut self, l: usize, why: u32) {
        let now = self.now;
        let leadership = &mut self.leaderships[l];
        let Some(r) = leadership.leader.take() else { return };
        leadership.lost = Some((r, now));
        self.leadership_fact(l, transition::LEADER_LOST, r, why);
    }

    fn leadership_fact(&mut self, l: usize, what: u32, r: usize, how: u32) {
        let c = self.leaderships[l].component;
        let hash = self.plan.components.hash[c];
        self.windows.fact(Some(c), fact::changed(hash, self.now, what, r as u32, how));
    }

    /// The n-th time drawn for a replica, or for all, whose number is that behind the last.
    fn time_drawn(&mut self, l: usize, number: usize, n: u64) -> u64 {
        let hash = self.plan.components.hash[self.leaderships[l].component];
        let key = nth(nth(source_key(self.seed, hash), number as u64), n);
        whole_ns(self.draws.sample(self.plan.leaders.timeout[l], draw(key, hash)))
    }

    fn ballot_key(&self, l: usize, number: usize, kind: u64) -> u64 {
        mix(self.plan.components.hash[self.leaderships[l].component] ^ (5 * number as u64 + kind + 1))
    }

    /// A replica hears nothing from an instant on.
    fn listens(&mut self, l: usize, r: usize, from_ns: u64) {
        let member = &mut self.leaderships[l].members[r];
        member.draws += 1;
        let n = member.draws - 1;
        let time_ns = self.time_drawn(l, r, n);
        let timer = self.leaderships[l].next_timer();
        self.leaderships[l].members[r].timer = timer;
        let at_ns = from_ns.saturating_add(time_ns).max(self.now + 1);
        self.calendar.push(at_ns, self.ballot_key(l, r, 0), Event::HearsNothing { leadership: l, replica: r, timer });
    }

    fn set_common_timer(&mut self, l: usize) {
        let (number, n) = (self.leaderships[l].members.len(), self.leaderships[l].draws);
        self.leaderships[l].draws += 1;
        let time_ns = self.time_drawn(l, number, n);
        let timer = self.leaderships[l].next_timer();
        self.leaderships[l].common = Some(timer);
        let at_ns = self.now.saturating_add(time_ns);
        self.calendar.push(at_ns, self.ballot_key(l, number, 3), Event::NextLeader { leadership: l, timer });
    }

    /// A leader that hears from fewer than a majority will step down.
    fn watch_majority(&mut self, l: usize) {
        let leadership = &mut self.leaderships[l];
        if self.plan.leaders.elected[l] == 0 || leadership.vacant {
            return;
        }
        if leadership.attending() >= leadership.majority() {
            leadership.common = None;
        } else if leadership.common.is_none() {
            self.set_common_timer(l);
        }
    }

    /// The time that concerns all is over.
    pub(super) fn next_leader(&mut self, l: usize, timer: u64) {
        if self.leaderships[l].common != Some(timer) {
            return;
        }
        self.leaderships[l].common = None;
        if self.plan.leaders.elected[l] == 1 {
            self.loses_leader(l, ALONE);
            self.leaderships[l].vacant = true;
            return self.all_listen(l, self.now);
        }
        self.loses_leader(l, REPLACED);
        let leadership = &mut self.leaderships[l];
        let (lost, _) = leadership.lost.expect("there was one");
        let term = leadership.term + 1;
        let mut order: Vec<usize> = (0..leadership.members.len()).collect();
        order.rotate_left((lost + 1) % leadership.members.len());
        match order.into_iter().find(|&r| leadership.members[r].attends) {
            Some(r) => self.leads(l, r, term),
            None => leadership.overdue = true,
        }
    }

    /// A replica has heard nothing for as long as it waits.
    pub(super) fn hears_nothing(&mut self, l: usize, r: usize, timer: u64) {
        if self.leaderships[l].members[r].timer != timer {
            return;
        }
        self.loses_leader(l, SILENT);
        let member = &mut self.leaderships[l].members[r];
        member.term += 1;
        (member.voted, member.votes) = (true, Some(1));
        let term = member.term;
        self.leadership_fact(l, transition::CANDIDATE, r, term);
        let leg_ns = self.plan.leaders.leg_ns[l];
        for (legs, kind, ballot) in [(1, 1, Ballot::Asked(term)), (2, 2, Ballot::Counted(term))] {
            let event = Event::Ballot { leadership: l, replica: r, ballot };
            self.calendar.push(self.now + legs * leg_ns, self.ballot_key(l, r, kind), event);
        }
        self.listens(l, r, self.now);
    }

    /// A step of the election of a candidate.
    pub(super) fn ballot(&mut self, l: usize, r: usize, ballot: Ballot) {
        let leadership = &mut self.leaderships[l];
        let (Ballot::Asked(term) | Ballot::Counted(term)) = ballot;
        let Some(votes) = leadership.members[r].votes.filter(|_| leadership.members[r].term == term) else { return };
        match ballot {
            Ballot::Asked(_) => self.ask_for_votes(l, r, term),
            Ballot::Counted(_) if votes >= leadership.majority() => self.leads(l, r, term),
            Ballot::Counted(_) => leadership.members[r].votes = None,
        }
    }

    fn ask_for_votes(&mut self, l: usize, candidate: usize, term: u32) {
        for r in 0..self.leaderships[l].members.len() {
            let voter = &mut self.leaderships[l].members[r];
            if r == candidate || !voter.attends || voter.term > term {
                continue;
            }
            if voter.term < term {
                (voter.term, voter.voted, voter.votes) = (term, false, None);
            }
            if !std::mem::replace(&mut voter.voted, true) {
                let votes = &mut self.leaderships[l].members[candidate].votes;
                *votes = votes.map(|votes| votes + 1);
                self.listens(l, r, self.now);
            }
        }
        // Whoever hears of a later term is no candidate any more.
        let members = &self.leaderships[l].members;
        let attending = members.iter().filter(|member| member.attends);
        let latest = attending.map(|member| member.term).max().expect("the candidate attends");
        if latest > term {
            let member = &mut self.leaderships[l].members[candidate];
            (member.term, member.voted, member.votes) = (latest, false, None);
        }
    }

    /// A replica leads from now on.
    fn leads(&mut self, l: usize, r: usize, term: u32) {
        let now = self.now;
        self.is_led(l);
        let leadership = &mut self.leaderships[l];
        (leadership.leader, leadership.term, leadership.since_ns) = (Some(r), term, now);
        for member in leadership.members.iter_mut().filter(|member| member.attends) {
            (member.term, member.voted) = (term, true);
        }
        let c = leadership.component;
        self.windows.add(c, component::ELECTIONS, 1);
        self.leadership_fact(l, transition::ELECTED, r, term);
        self.watch_majority(l);
        self.wake(c);
    }

    /// Calls that wait for a leader of a component are sent.
    fn wake(&mut self, c: usize) {
        let plan = self.plan;
        let callee = |site: u32| plan.edges.to[plan.sites.edge[site as usize] as usize] as usize;
        let waits = |strand: &super::strands::Strand| {
            strand.doing == Doing::Call && strand.call.waits && callee(strand.call.site) == c
        };
        for strand in self.strands.which(waits) {
            let waiting = self.strands.get(strand);
            let wait = waiting.call.waiting.expect("an attempt is under way").wait;
            let event = Event::Resume { strand, wait, how: How::Send };
            self.calendar.push(self.now + 1, waiting.key, event);
        }
    }
}
