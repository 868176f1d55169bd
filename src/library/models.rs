//! What AWS's services take and answer, from botocore's models (`stdlib/models`): read a service at a time, and only where a program calls one by name.

use rustc_hash::FxHashMap;

/// The names of every service, and the text of each one whose operations are known.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// The operations of a service, with the structures and enumerations that they take and answer.
pub struct Model {
    operations: FxHashMap<&'static str, (&'static str, &'static str)>,
    structures: FxHashMap<&'static str, &'static str>,
    enumerations: FxHashMap<&'static str, &'static str>,
}

/// What an operation takes and answers; nothing where there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The request.
    pub takes: Option<Shape>,
    /// The answer.
    pub answers: Option<Shape>,
}

/// A type of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text.
    Text,
    /// A whole number of 32 bits.
    Int,
    /// A whole number of 64 bits.
    Long,
    /// A number with a fraction.
    Float,
    /// True or false.
    Bool,
    /// An instant; Step Functions has it as text.
    Time,
    /// Octets; Step Functions has them as text.
    Blob,
    /// Any JSON.
    Any,
    /// A list, by the type of its elements.
    List(&'static str),
    /// A map from text, by the type of its values.
    Map(&'static str),
    /// A structure.
    Structure(&'static str),
    /// One of several words.
    Enumeration(&'static str),
}

/// A member of a structure.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Whether a request must have it.
    pub required: bool,
    /// Its type.
    pub shape: Shape,
}

/// The errors that a service's operations raise; nothing where it has no model.
pub fn errors(service: &str) -> Vec<&'static str> {
    let text = file(&format!("{service}.model")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("errors "));
    line.map(|names| names.split(' ').collect()).unwrap_or_default()
}

/// Whether a service has an operation, as far as is known here: `None` where it has no model.
pub fn has_operation(service: &str, operation: &str) -> Option<bool> {
    let text = file(&format!("{service}.model"))?;
    let names = text.lines().filter_map(|line| line.strip_prefix("op ")?.split(' ').next());
    Some(names.into_iter().any(|name| name == operation))
}

/// The names of all regions, sorted.
pub fn regions() -> impl Iterator<Item = &'static str> {
    file("regions.list").unwrap_or_default().lines()
}

/// The names of all services, sorted.
pub fn services() -> impl Iterator<Item = &'static str> {
    file("services.list").unwrap_or_default().lines()
}

fn file(name: &str) -> Option<&'static str> {
    let at = FILES.binary_search_by_key(&name, |(name, _)| name).ok()?;
    FILES.get(at).map(|(_, text)| *text)
}

impl Model {
    /// A service's model, where there is one.
    pub fn of(service: &str) -> Option<Self> {
        let text = file(&format!("{service}.model"))?;
        let mut model = Self {
            operations: FxHashMap::default(),
            structures: FxHashMap::default(),
            enumerations: FxHashMap::default(),
        };
        for line in text.lines() {
            model.read(line);
        }
        Some(model)
    }

    fn read(&mut self, line: &'static str) {
        let Some((name, rest)) = line.split_once(' ') else { return };
        match (name, rest.split_once(' ')) {
            ("op", Some((operation, ends))) => {
                if let Some(ends) = ends.split_once(' ') {
                    self.operations.insert(operation, ends);
                }
            }
            ("errors", _) => {}
            (_, Some(("=", values))) => {
                self.enumerations.insert(name, values);
            }
            (_, Some(("{", members))) => {
                self.structures.insert(name, members);
            }
            _ => {}
        }
    }

    /// An operation by its name.
    pub fn operation(&self, name: &str) -> Option<Operation> {
        let (takes, answers) = self.operations.get(name)?;
        let shape = |written: &'static str| (written != "-").then(|| self.shape(written));
        Some(Operation { takes: shape(takes), answers: shape(answers) })
    }

    /// The names of all operations.
    pub fn operations(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = self.operations.keys().copied().collect();
        names.sort_unstable();
        names
    }

    /// The members of a structure.
    pub fn members(&self, structure: &str) -> Vec<Member> {
        let written = self.structures.get(structure).copied().unwrap_or_default();
        let members = written.split(' ').filter(|member| !matches!(*member, "" | "}"));
        members.map(|member| self.member(member)).collect()
    }

    fn member(&self, written: &'static str) -> Member {
        let (name, shape) = written.split_once(':').unwrap_or((written, ""));
        let bare = name.strip_prefix('!');
        Member { name: bare.unwrap_or(name), required: bare.is_some(), shape: self.shape(shape) }
    }

    /// The words of an enumeration.
    pub fn words(&self, enumeration: &str) -> Vec<&'static str> {
        self.enumerations.get(enumeration).map(|words| words.split('|').collect()).unwrap_or_default()
    }

    /// The type that a list's elements or a map's values have, as it is written in the model.
    pub fn shape(&self, written: &'static str) -> Shape {
        let inside = |open, close| written.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        match written {
            "" => Shape::Text,
            "int" => Shape::Int,
            "long" => Shape::Long,
            "float" => Shape::Float,
            "bool" => Shape::Bool,
            "time" => Shape::Time,
            "blob" => Shape::Blob,
            "any" => Shape::Any,
            _ => match (inside('[', ']'), inside('<', '>')) {
                (Some(element), _) => Shape::List(element),
                (_, Some(value)) => Shape::Map(value),
                _ if self.enumerations.contains_key(written) => Shape::Enumeration(written),
                _ => Shape::Structure(written),
            },
        }
    }
}
