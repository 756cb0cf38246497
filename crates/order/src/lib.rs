//! Sorting that is small where many types are sorted.
//!
//! The standard library compiles its sort anew for each type and each comparison, several kilobytes each time: a quarter of
//! a megabyte in the page's compiler. Here one merge sort orders numbers of places, whatever is at them, and each type only
//! moves its elements there. Stable, and as fast within a factor; what is sorted for every event belongs elsewhere.

use std::cmp::Ordering;

/// A slice that can be put in order.
pub trait Order<T> {
    /// Sorts by a comparison; equal elements stay in their order.
    fn order_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// Sorts by what a key says.
    fn order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.order_by(|a, b| key(a).cmp(&key(b)));
    }

    /// Sorts elements that have an order of their own.
    fn order(&mut self)
    where
        T: Ord,
    {
        self.order_by(T::cmp);
    }
}

impl<T> Order<T> for [T] {
    fn order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let mut order = merged(self.len(), &mut |a, b| compare(&self[a], &self[b]));
        for start in 0..order.len() {
            // Elements move along a circle of places, until the one that was first is reached.
            let mut at = start;
            loop {
                let from = std::mem::replace(&mut order[at], at);
                if from == start {
                    break;
                }
                self.swap(at, from);
                at = from;
            }
        }
    }
}

/// Of each place of the sorted sequence, the place at which its element is now.
fn merged(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    let mut next: Vec<usize> = Vec::with_capacity(len);
    let mut width = 1;
    while width < len {
        next.clear();
        for pair in order.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let (Some(&a), Some(&b)) = (left.first(), right.first()) {
                let side = if compare(a, b) == Ordering::Greater { &mut right } else { &mut left };
                next.push(side[0]);
                *side = &side[1..];
            }
            next.extend_from_slice(left);
            next.extend_from_slice(right);
        }
        std::mem::swap(&mut order, &mut next);
        width *= 2;
    }
    order
}

/// Things in a collection that keeps them in order, put in one by one: to collect them would sort them first.
pub fn gathered<C: Default + Extend<T>, T>(things: impl IntoIterator<Item = T>) -> C {
    let mut all = C::default();
    all.extend(things);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sorts_as_the_standard_library_does() {
        let mut state = 1u64;
        for len in (0..40).chain([100, 1000]) {
            let mut mine: Vec<(u64, usize)> = Vec::new();
            for place in 0..len {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                mine.push(((state >> 33) % 7, place));
            }
            let mut other = mine.clone();
            mine.order_by_key(|it| it.0);
            other.sort_by_key(|it| it.0);
            assert_eq!(mine, other);
        }
    }

    #[test]
    fn elements_with_an_order_of_their_own_need_no_key() {
        let mut words = vec!["b".to_owned(), "a".to_owned(), "c".to_owned()];
        words.order();
        assert_eq!(words, ["a", "b", "c"]);
    }
}
