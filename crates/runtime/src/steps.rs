//! A run as equal steps: the frames of its film, or its windows.

use crate::trace::Trace;
use sysdl_kernel::columns::{self, component, edge, flow, subscription};

/// Where a cell lies in a block of rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    components: usize,
    edges: usize,
    flows: usize,
}

impl Words {
    pub(crate) fn of(trace: &Trace) -> Self {
        let meta = &trace.meta;
        Self { components: meta.components.len(), edges: meta.edges.len(), flows: meta.flows.len() }
    }

    pub(crate) fn component(self, index: usize, column: usize) -> usize {
        index * component::COUNT + column
    }

    pub(crate) fn edge(self, index: usize, column: usize) -> usize {
        columns::edges_at(self.components) + index * edge::COUNT + column
    }

    pub(crate) fn flow(self, index: usize, column: usize) -> usize {
        columns::flows_at(self.components, self.edges) + index * flow::COUNT + column
    }

    pub(crate) fn subscription(self, index: usize, column: usize) -> usize {
        columns::subscriptions_at(self.components, self.edges, self.flows) + index * subscription::COUNT + column
    }
}

/// The steps of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps<'t> {
    trace: &'t Trace,
    /// Length of a step in nanoseconds.
    pub(crate) step_ns: u64,
    filmed: bool,
}

impl<'t> Steps<'t> {
    pub(crate) fn of(trace: &'t Trace) -> Self {
        let filmed = !trace.film.frames.is_empty();
        let step_ns = if filmed { trace.film.frame_ns } else { trace.meta.window_ns };
        Self { trace, step_ns, filmed }
    }

    pub(crate) fn len(self) -> usize {
        if self.filmed { self.trace.film.frames.len() } else { self.trace.windows.len() }
    }

    /// What a summed cell grew by in each step.
    pub(crate) fn sums(self, word: usize) -> Vec<f64> {
        if !self.filmed {
            return self.trace.windows.iter().map(|rows| rows[word] as f64).collect();
        }
        let mut before = 0;
        let grown = |rows: &Vec<u64>| (rows[word] - std::mem::replace(&mut before, rows[word])) as f64;
        self.trace.film.frames.iter().map(grown).collect()
    }

    /// What a gauge showed at the end of each step.
    pub(crate) fn gauges(self, word: usize) -> Vec<f64> {
        let frames = if self.filmed { &self.trace.film.frames } else { &self.trace.windows };
        frames.iter().map(|rows| rows[word] as f64).collect()
    }

    /// What several summed cells grew by together.
    pub(crate) fn sums_of(self, words: impl IntoIterator<Item = usize>) -> Vec<f64> {
        let mut total = vec![0.0; self.len()];
        for word in words {
            total.iter_mut().zip(self.sums(word)).for_each(|(sum, value)| *sum += value);
        }
        total
    }
}

/// Sums of `length` neighbors, from each element on; fewer at the end.
pub(crate) fn pooled(values: &[f64], length: usize) -> Vec<f64> {
    let mut prefix = Vec::with_capacity(values.len() + 1);
    prefix.push(0.0);
    for value in values {
        prefix.push(prefix[prefix.len() - 1] + value);
    }
    (0..values.len()).map(|i| prefix[(i + length).min(values.len())] - prefix[i]).collect()
}

/// The largest of the values no further than `reach` from each, those before `first` left out.
pub(crate) fn highest_near(values: &[f64], reach: usize, first: usize) -> Vec<f64> {
    let mut deque: std::collections::VecDeque<usize> = std::collections::VecDeque::new();
    let mut next = first.min(values.len());
    let mut highest = Vec::with_capacity(values.len());
    for i in 0..values.len() {
        while next < values.len() && next <= i.max(first) + reach {
            while deque.back().is_some_and(|&j| values[j] <= values[next]) {
                deque.pop_back();
            }
            deque.push_back(next);
            next += 1;
        }
        while deque.front().is_some_and(|&j| j + reach < i) {
            deque.pop_front();
        }
        highest.push(deque.front().map_or(0.0, |&j| values[j]));
    }
    highest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbors_are_summed_and_compared() {
        let values = [1.0, 5.0, 2.0, 0.0, 3.0];
        assert_eq!(pooled(&values, 2), [6.0, 7.0, 2.0, 3.0, 3.0]);
        assert_eq!(highest_near(&values, 1, 0), [5.0, 5.0, 5.0, 3.0, 3.0]);
        assert_eq!(highest_near(&values, 1, 2), [2.0, 2.0, 2.0, 3.0, 3.0]);
    }
}
