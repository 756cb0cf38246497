//! Room for the frames of groups.
//!
//! Before: in each column the members of a group are together, and groups follow one another in one order
//! everywhere. After: rules that keep a frame around its members, strangers out of it, and frames apart. They
//! always lead from a group to one of a later rank, so that they have no cycle as long as no two vertices
//! have to be level.

use crate::layers::{Columns, NONE};
use crate::scene::{HEADING, PADDING};
use sysdl_order::Order as _;

/// The thing above, the thing under it, the distance of their middles.
pub(crate) type Rule = (u32, u32, f64);

/// Between a frame and what is not in it.
const GAP: f64 = 20.0;

/// The columns in which a group has members.
#[derive(Clone, Copy)]
struct Span {
    first: u32,
    last: u32,
    /// Its place from top to bottom.
    rank: u32,
    /// Upper and lower border as far as the heights of now go.
    top: f64,
    bottom: f64,
}

/// Rules for the things `of` the vertices; the borders of frames are things too: their heights are put at
/// the end of `wanted`.
pub(crate) fn rules(columns: &Columns, y: &[f64], of: &[u32], wanted: &mut Vec<f64>) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut by_rank: Vec<u32> = (0..columns.ranks.len() as u32).collect();
    by_rank.order_by_key(|group| columns.ranks[*group as usize]);
    let mut above: Vec<(Span, u32)> = Vec::new(); // with the thing that is its lower border
    for group in by_rank {
        let Some(span) = span(columns, y, group) else { continue };
        let (top, bottom) = (wanted.len() as u32, wanted.len() as u32 + 1);
        wanted.extend([span.top, span.bottom]);
        for vertex in members(columns, group) {
            let thing = of[vertex];
            rules.push((top, thing, HEADING + PADDING + columns.up[vertex]));
            rules.push((thing, bottom, PADDING + columns.down[vertex]));
        }
        for (other, lower_border) in &above {
            if other.first <= span.last && span.first <= other.last {
                rules.push((*lower_border, top, GAP));
            }
        }
        above.push((span, bottom));
    }
    for row in &columns.rows {
        strangers(columns, y, of, row, &above, &mut rules);
    }
    rules
}

fn members(columns: &Columns, group: u32) -> impl Iterator<Item = usize> {
    (0..columns.group.len()).filter(move |vertex| columns.group[*vertex] == group)
}

fn span(columns: &Columns, y: &[f64], group: u32) -> Option<Span> {
    let rank = columns.ranks[group as usize];
    let of = |vertex: usize| Span {
        rank,
        first: columns.layer[vertex],
        last: columns.layer[vertex],
        top: y[vertex] - columns.up[vertex] - PADDING - HEADING,
        bottom: y[vertex] + columns.down[vertex] + PADDING,
    };
    members(columns, group).map(of).reduce(|a, b| Span {
        rank,
        first: a.first.min(b.first),
        last: a.last.max(b.last),
        top: a.top.min(b.top),
        bottom: a.bottom.max(b.bottom),
    })
}

/// Nodes of a row that are in no group, against every frame that passes the row. `frames` are by rank.
fn strangers(columns: &Columns, y: &[f64], of: &[u32], row: &[u32], frames: &[(Span, u32)], rules: &mut Vec<Rule>) {
    let Some(layer) = row.first().map(|vertex| columns.layer[*vertex as usize]) else { return };
    let passing: Vec<&(Span, u32)> =
        frames.iter().filter(|(span, _)| span.first <= layer && layer <= span.last).collect();
    let rank = |vertex: u32| columns.ranks.get(columns.group[vertex as usize] as usize).copied();
    for (place, &vertex) in row.iter().enumerate() {
        let v = vertex as usize;
        if columns.group[v] != NONE || columns.is_bend(vertex) {
            continue;
        }
        let least = row[..place].iter().filter_map(|it| rank(*it)).max();
        let most = row[place..].iter().filter_map(|it| rank(*it)).min();
        let mut below_one = false;
        for frame in passing.iter().rev() {
            let middle = (frame.0.top + frame.0.bottom) / 2.0;
            let forced_below = least.is_some_and(|least| frame.0.rank <= least);
            let forced_above = most.is_some_and(|most| frame.0.rank >= most);
            let below = forced_below || !forced_above && y[v] > middle || below_one;
            if below {
                below_one = true; // and so below every frame before it
                rules.push((frame.1, of[v], GAP + columns.up[v]));
            } else {
                rules.push((of[v], frame.1 - 1, GAP + columns.down[v]));
            }
        }
    }
}
