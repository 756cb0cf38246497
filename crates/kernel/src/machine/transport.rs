//! Messages on the network: how long they take, whether they are lost, and what is sent again.
//!
//! A transport that retransmits waits for its timeout, which doubles, and sends a lost message again under
//! the loss of that instant. The event that would deliver the message carries the number of the retry.

use super::calendar::{Event, Rank, push, push_next};
use super::frames::{LIVE, VISIT, is};
use super::memory::{cell, generation_of, get32, header, key_of, now, row, sample};
use super::{balancing, messages, sizes, windows};
use crate::columns::edge as column;
use crate::draw::{chance, draw, nth, unit_f64};
use crate::layout::{Conduct, Edge, NONE, Site, frame32};

/// In the argument of an event: the message is to be sent again, for the so-manieth time.
const RETRY_SHIFT: u32 = 16;
/// Retries before a message is given up (`tcp_retries2` of Linux).
const RETRIES_MAX: u32 = 15;
/// Longest wait for a retry (`TCP_RTO_MAX` of Linux).
const RTO_MAX_NS: u64 = 120_000_000_000;

/// What became of a message.
pub enum Sent {
    /// It takes so long.
    Arrives(u64),
    /// It is sent again after so long.
    Again(u64),
    /// It never arrives.
    Never,
}

/// A message that weighs so much sets out for the so-manieth time. `reply` is 0 or 1. It holds the link of its edge the
/// first time only, lost or not.
pub fn message(edge: u32, row: &Edge, visit_key: u64, reply: usize, retries: u32, size: u64, extra: u64) -> Sent {
    let Some(carried) = (if retries == 0 { sizes::carry(edge, row, reply, size) } else { Some(0) }) else {
        windows::count_edge(edge, column::LOST);
        return Sent::Never;
    };
    let loss = loss(row, reply);
    if loss > 0.0 {
        let word = draw(visit_key, row.purposes[4 + reply]);
        if row.conduct != NONE && rto(row) > 0 {
            if let Some(wait) = try_again(row, loss, word, retries) {
                windows::count_edge(edge, if wait == 0 { column::LOST } else { column::RESENT });
                return if wait == 0 { Sent::Never } else { Sent::Again(carried + wait) };
            }
        } else if chance(word, loss) {
            windows::count_edge(edge, column::LOST);
            return Sent::Never;
        }
    }
    Sent::Arrives(carried + leg(row, visit_key, reply, extra))
}

/// Probability that a message is lost.
#[inline(always)]
pub fn loss(row: &Edge, reply: usize) -> f64 {
    let loss_cell = if reply == 0 { row.cell_loss_request } else { row.cell_loss_reply };
    if loss_cell == NONE { row.loss } else { 1.0 - (1.0 - row.loss) * (1.0 - cell(loss_cell)) }
}

/// Time of a message on the network, whatever it weighs; `extra` is added to the time of its exchange.
#[inline(always)]
pub fn leg(row: &Edge, visit_key: u64, reply: usize, extra: u64) -> u64 {
    let mut time = if row.latency == NONE { 0.0 } else { sample(row.latency, draw(visit_key, row.purposes[reply])) };
    if row.cell_delay != NONE {
        time += cell(row.cell_delay);
    }
    if row.cell_jitter != NONE {
        let jitter = cell(row.cell_jitter);
        if jitter > 0.0 {
            time += jitter * unit_f64(draw(visit_key, row.purposes[2 + reply]));
        }
    }
    if extra > 0 {
        time += extra as f64;
    }
    ((0.5 * time) as u64).max(1)
}

#[inline(always)]
fn conduct(edge: &Edge) -> &'static Conduct {
    row(header().conducts, edge.conduct)
}

fn rto(edge: &Edge) -> u64 {
    conduct(edge).rto_ns
}

/// The wait for the next retry if one of the packets is lost; 0 if there is none.
#[unsafe(export_name = "if_transport_try_again")]
#[inline(never)]
fn try_again(row: &Edge, loss: f64, word: u64, retries: u32) -> Option<u64> {
    let kept = (0..conduct(row).packets).fold(1.0, |kept, _| kept * (1.0 - loss));
    let word = if retries == 0 { word } else { nth(word, retries as u64) };
    if !chance(word, 1.0 - kept) {
        return None;
    }
    if retries == RETRIES_MAX {
        return Some(0);
    }
    Some((conduct(row).rto_ns << retries).min(RTO_MAX_NS))
}

/// Number of the retry that an event stands for, 0: it delivers.
#[inline(always)]
pub fn retry_of(event: Event) -> u32 {
    event.argument >> RETRY_SHIFT
}

/// Sends a message that weighs so much under way, or schedules that it is sent again; `argument` goes with it. False if it never arrives.
#[inline(always)]
pub fn post(
    rank: Rank,
    edge: u32,
    row: &Edge,
    message: (u64, usize, u32),
    size: u64,
    to: (u64, u32, u32, u32),
) -> bool {
    post_later((rank, 0), edge, row, message, size, to)
}

/// The same, but it takes so much longer.
#[inline(always)]
pub fn post_later(
    (rank, later): (Rank, u64),
    edge: u32,
    row: &Edge,
    (message_key, reply, retries): (u64, usize, u32),
    size: u64,
    (key, subject, generation, argument): (u64, u32, u32, u32),
) -> bool {
    if row.instant == 1 && size == 0 {
        if later == 0 {
            push_next(rank, key, subject, generation, argument);
        } else {
            push(now() + later + 1, rank, key, subject, generation, argument);
        }
        return true;
    }
    post_on_network(rank, later, edge, row, message_key, reply, retries, size, key, subject, generation, argument)
}

/// Takes numbers, for the reason that the calendar does.
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "numbers stay in registers")]
fn post_on_network(
    rank: Rank,
    later: u64,
    edge: u32,
    row: &Edge,
    message_key: u64,
    reply: usize,
    retries: u32,
    size: u64,
    key: u64,
    subject: u32,
    generation: u32,
    argument: u32,
) -> bool {
    let crosses = row.balancing != NONE && balancing::row_of(row.balancing).cross_zone_ns > 0;
    let extra = if crosses { balancing::extra(row, reply == 1, subject, key) } else { 0 };
    let (wait, argument) = match message(edge, row, message_key, reply, retries, size, extra) {
        Sent::Arrives(leg) => (leg, argument),
        Sent::Again(wait) => (wait, argument | (retries + 1) << RETRY_SHIFT),
        Sent::Never => return false,
    };
    push(now() + later + wait, rank, key, subject, generation, argument);
    true
}

/// A request or a word to a visit sets out again.
#[unsafe(export_name = "if_transport_request")]
#[inline(never)]
pub extern "C" fn request_again(rank: Rank, visit: u32, key: u64, message_key: u64, retries: u32) {
    if !is(visit, LIVE | VISIT) || key_of(visit) != key {
        return;
    }
    let site: &Site = row(header().sites, get32(frame32::ORIGIN, visit));
    let edge: &Edge = row(header().edges, site.edge);
    if !post(rank, site.edge, edge, (message_key, 0, retries), 0, (key, visit, 0, 0)) && rank == Rank::Arrive {
        messages::never_arrives(edge, visit);
    }
}

/// A reply sets out again, if somebody still waits for it.
#[unsafe(export_name = "if_transport_reply")]
#[inline(never)]
pub extern "C" fn reply_again(strand: u32, key: u64, argument: u32) {
    let site: &Site = row(header().sites, get32(frame32::SITE, strand));
    let edge: &Edge = row(header().edges, site.edge);
    let bare = argument & ((1 << RETRY_SHIFT) - 1);
    let message = (key, 1, argument >> RETRY_SHIFT);
    post(Rank::Reply, site.edge, edge, message, 0, (key, strand, generation_of(strand), bare));
}
