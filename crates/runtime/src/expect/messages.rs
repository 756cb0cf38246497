//! Metrics of the messages that a component has handed on.

use super::Quantity;
use super::measure::{Reader, quantile_column, ratio};
use sysdl_kernel::columns::subscription as column;

impl Reader<'_> {
    /// A metric over the subscriptions of some edges.
    pub(super) fn messages(&self, quantity: Quantity, is_of: impl Fn(usize) -> bool) -> Option<f64> {
        let subscriptions = &self.trace.meta.subscriptions;
        let all: Vec<usize> = (0..subscriptions.len()).filter(|&s| is_of(subscriptions[s].edge as usize)).collect();
        let sum = |column: usize| all.iter().map(|&s| self.of_subscription(s, column)).sum::<u64>();
        let most = |column: usize| all.iter().map(|&s| self.most_of_subscription(s, column)).max().unwrap_or(0);
        match quantity {
            Quantity::OfMessages(column) => Some(sum(column) as f64),
            Quantity::LostMessages => {
                Some((sum(column::DROPPED) + sum(column::EXPIRED) + sum(column::DISPLACED)) as f64)
            }
            Quantity::DuplicateShare => ratio(sum(column::DUPLICATES), sum(column::MESSAGES)),
            Quantity::HottestPartition => all.iter().filter_map(|&s| self.hottest(s)).max_by(f64::total_cmp),
            Quantity::PartitionLag => Some(most(column::LAG_MAX) as f64),
            Quantity::EndToEndPercentile(share) => self.percentile(
                |interval| interval.end_to_end(all.iter().map(|&s| &subscriptions[s])),
                share,
                |window| {
                    let column = quantile_column(share, column::END_TO_END_P50);
                    all.iter().map(|&s| self.trace.window_subscription(window, s, column)).max()
                },
            ),
            Quantity::EndToEndMean => ratio(sum(column::END_TO_END_NS), sum(column::HANDLED)),
            Quantity::EndToEndMax if sum(column::HANDLED) == 0 => None,
            Quantity::EndToEndMax => Some(most(column::END_TO_END_MAX_NS) as f64),
            _ => None,
        }
    }

    fn of_subscription(&self, index: usize, column: usize) -> u64 {
        self.sum(|i| i.subscription(index, column), |w| self.trace.window_subscription(w, index, column))
    }

    fn most_of_subscription(&self, index: usize, column: usize) -> u64 {
        self.largest(|i| i.subscription(index, column), |w| self.trace.window_subscription(w, index, column))
    }

    /// Messages of the partition that has got most, over the mean.
    fn hottest(&self, index: usize) -> Option<f64> {
        let partitions = f64::from(self.trace.meta.subscriptions[index].partitions);
        let share = ratio(self.of_subscription(index, column::HOTTEST), self.of_subscription(index, column::MESSAGES))?;
        Some(partitions * share)
    }
}
