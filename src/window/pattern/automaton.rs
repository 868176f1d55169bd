//! A pattern as the automaton that Flink makes of it (`NFACompiler` of Flink 2.3, for variables one directly behind the other).

use super::plan::Variable;

/// States, the last of which is the final one.
#[derive(Debug)]
pub(super) struct Automaton {
    states: Vec<State>,
    /// The state in which everything begins.
    pub start: u32,
}

#[derive(Debug, Default)]
struct State {
    edges: Vec<Edge>,
}

/// A way from one state to another.
#[derive(Debug)]
pub(super) struct Edge {
    /// The variable that takes the row; none where the state is left without taking it.
    pub takes: Option<usize>,
    pub to: u32,
    /// A row that this variable could take keeps the way shut: it is greedy.
    pub unless: Option<usize>,
}

/// The state in which a match is complete.
pub(super) const FINAL: u32 = 0;

impl Automaton {
    pub fn of(variables: &[Variable]) -> Automaton {
        let mut automaton = Automaton { states: vec![State::default()], start: FINAL };
        // From the last variable to the first: each leads to the state in which the one behind it begins.
        for (at, variable) in variables.iter().enumerate().rev() {
            automaton.start = automaton.variable(at, variable, automaton.start);
        }
        automaton
    }

    /// The ways out of a state.
    pub fn edges(&self, state: u32) -> &[Edge] {
        self.states.get(state as usize).map_or(&[], |state| &state.edges)
    }

    /// The states of a variable that lead to another one; the first of them.
    fn variable(&mut self, at: usize, variable: &Variable, next: u32) -> u32 {
        let Variable { least, most, reluctant, .. } = *variable;
        let optional = least == 0;
        if most == Some(1) {
            return self.one(at, next, optional.then_some(next));
        }
        if !reluctant && most != Some(least) {
            self.shut(next, at);
        }
        let mut state = match most {
            None => self.any(at, next),
            // Rows that need not be there: after each of those before, the variable may end.
            Some(most) => (least.max(1)..most).fold(next, |state, _| self.one(at, state, Some(next))),
        };
        for _ in 1..least {
            state = self.one(at, state, None);
        }
        self.one(at, state, optional.then_some(next))
    }

    /// A state that takes a row, and may be left without one.
    fn one(&mut self, at: usize, to: u32, without: Option<u32>) -> u32 {
        let takes = Edge { takes: Some(at), to, unless: None };
        let leaves = without.map(|to| Edge { takes: None, to, unless: None });
        self.add([takes].into_iter().chain(leaves).collect())
    }

    /// A state that takes as many rows as come.
    fn any(&mut self, at: usize, next: u32) -> u32 {
        let own = self.states.len() as u32;
        let leaves = Edge { takes: None, to: next, unless: None };
        self.add(vec![leaves, Edge { takes: Some(at), to: own, unless: None }])
    }

    fn add(&mut self, edges: Vec<Edge>) -> u32 {
        self.states.push(State { edges });
        (self.states.len() - 1) as u32
    }

    /// A row that a greedy variable could take is not for the ways out of the state behind it.
    fn shut(&mut self, state: u32, greedy: usize) {
        let edges = self.states.get_mut(state as usize).map(|state| &mut state.edges);
        edges.into_iter().flatten().for_each(|edge| edge.unless = Some(greedy));
    }
}
