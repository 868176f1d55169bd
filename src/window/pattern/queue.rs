//! A heap in which equal things leave in the order in which they leave Java's `PriorityQueue`: which of several matches of one first row comes
//! first is decided by it in Flink.

use std::cmp::Ordering;

/// A heap; the least comes first.
#[derive(Clone, Debug)]
pub(super) struct Queue<T> {
    items: Vec<T>,
}

impl<T: Ord> Queue<T> {
    pub fn new() -> Queue<T> {
        Queue { items: Vec::new() }
    }

    /// The things as they lie.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    pub fn items_mut(&mut self) -> &mut [T] {
        &mut self.items
    }

    pub fn peek(&self) -> Option<&T> {
        self.items.first()
    }

    pub fn add(&mut self, item: T) {
        self.items.push(item);
        let mut at = self.items.len() - 1;
        while at > 0 {
            let parent = (at - 1) / 2;
            if self.order(at, parent) != Ordering::Less {
                break;
            }
            self.items.swap(at, parent);
            at = parent;
        }
    }

    pub fn poll(&mut self) -> Option<T> {
        if self.items.is_empty() {
            return None;
        }
        let first = self.items.swap_remove(0);
        self.sift_down(0);
        Some(first)
    }

    /// Drops all things of which something is true.
    pub fn remove_if(&mut self, gone: impl Fn(&T) -> bool) {
        let before = self.items.len();
        self.items.retain(|item| !gone(item));
        if self.items.len() < before {
            (0..self.items.len() / 2).rev().for_each(|at| self.sift_down(at));
        }
    }

    fn sift_down(&mut self, from: usize) {
        let mut at = from;
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            if left >= self.items.len() {
                return;
            }
            let least = if right < self.items.len() && self.order(left, right) == Ordering::Greater {
                right
            } else {
                left
            };
            if self.order(at, least) != Ordering::Greater {
                return;
            }
            self.items.swap(at, least);
            at = least;
        }
    }

    fn order(&self, a: usize, b: usize) -> Ordering {
        self.items.get(a).cmp(&self.items.get(b))
    }
}
