//! What Lake Formation is told of a permission: who has which columns, in which rows.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{
    ability::{Ability, Ground, Missing, Shown},
    prover::Prover,
    rows::{Found, in_both, outside},
};
use crate::{
    access::{RoleKey, TableGrant, roles::acting},
    platform::{CapabilityUse, Column, Principal, RowFilter, Target, resource::Noun},
    sql::plan::Expr,
};

/// What is said of filters whose columns are not those that are asked about.
const OTHER_COLUMNS: &str = "the rows are limited by columns of another table";

/// The grants of one permission on one place.
pub(super) struct Told<'a> {
    by_receiver: FxHashMap<RoleKey, Vec<&'a TableGrant>>,
    /// Of what is on all tables of a database: who has it on some of them.
    on_some: FxHashMap<RoleKey, Vec<&'a TableGrant>>,
    others: Vec<&'a TableGrant>,
    /// In hybrid access mode, of what IAM's policies alone decide for whoever is not opted in: the roles that are.
    opted_in: Option<BTreeSet<RoleKey>>,
    /// The columns asked for: those named, else all of the table; none of a database.
    columns: Vec<SmolStr>,
    /// The rows asked for.
    rows: Option<RowFilter>,
    schema: &'a [Column],
    /// What filters show of the rows asked for, by their texts: roles share filters.
    shown: RefCell<FxHashMap<Vec<SmolStr>, Rc<Shown>>>,
}

/// What of a column is open.
enum Open<'t, 'a> {
    Nothing,
    AllRows,
    Rows(BTreeMap<&'t SmolStr, &'a RowFilter>),
}

impl<'a> Told<'a> {
    /// Gathers the grants.
    pub(super) fn of(prover: &Prover<'a>, wanted: &CapabilityUse, permission: &str, on: &Target) -> Self {
        let schema = schema(prover, on);
        let columns = match wanted.columns.as_slice() {
            [] => schema.iter().map(|column| column.name.clone()).collect(),
            named => named.to_vec(),
        };
        let mut told = Self {
            by_receiver: FxHashMap::default(),
            on_some: FxHashMap::default(),
            others: Vec::new(),
            opted_in: opted_in(prover, permission, on),
            columns,
            rows: wanted.rows.clone(),
            schema,
            shown: RefCell::default(),
        };
        for grant in table_grants(prover, permission, on) {
            match receiver(prover, grant) {
                Some(key) => told.by_receiver.entry(key).or_default().push(grant),
                None => told.others.push(grant),
            }
        }
        for grant in on_its_tables(prover, permission, on) {
            match receiver(prover, grant) {
                Some(key) => told.on_some.entry(key).or_default().push(grant),
                None => told.others.push(grant),
            }
        }
        told
    }

    /// Whether IAM's policies alone decide for whoever is not opted in.
    pub(super) fn is_hybrid(&self) -> bool {
        self.opted_in.is_some()
    }

    /// The roles that are told of.
    pub(super) fn receivers(&self) -> impl Iterator<Item = RoleKey> {
        let keys: BTreeSet<RoleKey> = self.by_receiver.keys().chain(self.on_some.keys()).copied().collect();
        keys.into_iter()
    }

    /// What is told of those who are no roles of ours, but for what shows none of the rows.
    pub(super) fn others(&self) -> Vec<&'a TableGrant> {
        self.others.iter().copied().filter(|grant| self.shows_some(grant)).collect()
    }

    fn shows_some(&self, grant: &'a TableGrant) -> bool {
        let none = grant.columns.is_empty() || self.columns.is_empty();
        if !none && !self.columns.iter().any(|column| grant.columns.contains(column)) {
            return false;
        }
        match (&grant.rows, &self.rows) {
            (Some(filter), Some(_)) => {
                self.shown(&BTreeMap::from([(&filter.text, filter)])).seen != Found::Nothing
            }
            _ => true,
        }
    }

    /// Lake Formation and IAM must both allow it.
    pub(super) fn limit(&self, role: RoleKey, ability: &mut Ability<'a>) {
        if self.opted_in.as_ref().is_some_and(|opted_in| !opted_in.contains(&role)) {
            return;
        }
        let all = self.by_receiver.get(&role).map_or(&[][..], Vec::as_slice);
        let on_some = self.on_some.get(&role).map_or(&[][..], Vec::as_slice);
        let (grants, whole) = if all.is_empty() { (on_some, on_some.is_empty()) } else { (all, true) };
        let open: Vec<Open<'_, 'a>> = match self.columns.as_slice() {
            // Of a database there is nothing but the whole.
            [] => vec![if grants.is_empty() { Open::Nothing } else { Open::AllRows }],
            columns => columns.iter().map(|column| open(grants, column)).collect(),
        };
        let of_each = open.iter().map(|open| self.of_column(open));
        let Some(Shown { hidden, seen }) =
            of_each.reduce(|a, b| Shown { hidden: a.hidden.or(b.hidden), seen: a.seen.or(b.seen) })
        else {
            return;
        };
        let hidden = if whole { hidden } else { Found::Row(String::new()) };
        if hidden != Found::Nothing && ability.missing.is_none() {
            ability.missing = Some(Missing { reason: reason(&hidden), denied_by: None });
        }
        ability.fully &= hidden == Found::Nothing;
        ability.partly &= seen != Found::Nothing;
        ability.only_rows = only(&self.columns, &open);
        ability.shown = self.rows.is_some().then_some(Shown { hidden, seen });
        let shown = grants.iter().filter(|grant| self.shows_some(grant));
        ability
            .allowed_by
            .extend(shown.map(|it| Ground::LakeFormation { span: it.span, rows: it.rows.as_ref() }));
    }

    /// What is hidden and seen of a column, in the rows asked for.
    fn of_column(&self, open: &Open<'_, 'a>) -> Shown {
        match (open, &self.rows) {
            (Open::Nothing, _) => Shown { hidden: Found::Row(String::new()), seen: Found::Nothing },
            (Open::Rows(filters), Some(_)) => self.shown(filters).as_ref().clone(),
            (Open::AllRows | Open::Rows(_), _) => {
                Shown { hidden: Found::Nothing, seen: Found::Row(String::new()) }
            }
        }
    }

    /// What filters together show of the rows asked for.
    fn shown(&self, filters: &BTreeMap<&SmolStr, &'a RowFilter>) -> Rc<Shown> {
        let key: Vec<SmolStr> = filters.keys().map(|text| (*text).clone()).collect();
        if let Some(known) = self.shown.borrow().get(&key) {
            return known.clone();
        }
        let shown = Rc::new(self.decided(filters));
        self.shown.borrow_mut().insert(key, shown.clone());
        shown
    }

    fn decided(&self, filters: &BTreeMap<&SmolStr, &'a RowFilter>) -> Shown {
        let asked = self.rows.as_ref().and_then(|rows| rows.condition.as_deref());
        let conditions: Option<Vec<&Expr>> = filters.values().map(|it| it.condition.as_deref()).collect();
        let (Some(asked), Some(conditions)) = (asked, conditions) else {
            return Shown { hidden: Found::Undecided(OTHER_COLUMNS), seen: Found::Undecided(OTHER_COLUMNS) };
        };
        let in_each = conditions.iter().map(|condition| in_both(self.schema, asked, condition));
        let seen = in_each.fold(Found::Nothing, Found::or);
        Shown { hidden: outside(self.schema, asked, &conditions), seen }
    }
}

fn open<'t, 'a>(grants: &[&'a TableGrant], column: &SmolStr) -> Open<'t, 'a>
where
    'a: 't,
{
    let mut rows = BTreeMap::new();
    for grant in grants.iter().filter(|it| it.columns.is_empty() || it.columns.contains(column)) {
        match &grant.rows {
            None => return Open::AllRows,
            Some(filter) => rows.insert(&filter.text, filter),
        };
    }
    if rows.is_empty() { Open::Nothing } else { Open::Rows(rows) }
}

/// What is missing where not all is open.
fn reason(hidden: &Found) -> String {
    match hidden {
        Found::Undecided(why) => format!("a proof that all of these rows are shown: {why}"),
        Found::Row(like) if !like.is_empty() => {
            format!("a grant of Lake Formation on it, of rows where {like}")
        }
        Found::Row(_) | Found::Nothing => "a grant of Lake Formation on it".to_owned(),
    }
}

/// The rows that are shown, in words; `None` where all are, of every column that is.
fn only(columns: &[SmolStr], open: &[Open<'_, '_>]) -> Option<String> {
    let mut limits: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut whole = false;
    for (column, open) in columns.iter().zip(open) {
        match open {
            Open::Nothing => {}
            Open::AllRows => whole = true,
            Open::Rows(filters) => {
                let texts: Vec<&str> = filters.keys().map(|text| text.as_str()).collect();
                let text = match texts.as_slice() {
                    [one] => (*one).to_owned(),
                    several => several.iter().map(|it| format!("({it})")).collect::<Vec<_>>().join(" OR "),
                };
                limits.entry(text).or_default().push(column);
            }
        }
    }
    match limits.len() {
        0 => None,
        1 if !whole => limits.into_keys().next(),
        _ => {
            let each = limits.iter().map(|(text, columns)| format!("{text} (of {})", columns.join(", ")));
            Some(each.collect::<Vec<_>>().join("; "))
        }
    }
}

/// The columns of a table.
fn schema<'a>(prover: &Prover<'a>, on: &Target) -> &'a [Column] {
    let platform = prover.platform;
    match platform.resource(on.resource).noun {
        Noun::Table(at) => platform
            .tables
            .get(at as usize)
            .map_or(&[], |table| platform.schema(table.schema).columns.as_slice()),
        _ => &[],
    }
}

/// The roles that are opted in to a table or a database of a domain in hybrid access mode: those to which anything is granted there. `None` where
/// Lake Formation decides for all. It always decides on making tables and changing them; rows it hands out to nobody whom it does not know, and who
/// reads them by IAM's policies alone reads their objects:
/// <https://docs.aws.amazon.com/lake-formation/latest/dg/hybrid-access-mode.html>
fn opted_in(prover: &Prover<'_>, permission: &str, on: &Target) -> Option<BTreeSet<RoleKey>> {
    if !matches!(permission, "DESCRIBE" | "DROP") {
        return None;
    }
    let (domain, _) = within(prover, on)?;
    if !prover.platform.is_hybrid(prover.platform.domains.get(domain as usize)?) {
        return None;
    }
    let receivers = told_of(prover, on).filter_map(|it| match it.principal {
        Principal::Resource(id) => acting(prover.platform, id),
        _ => None,
    });
    Some(receivers.collect())
}

/// The domain and the table that something is on.
fn within(prover: &Prover<'_>, on: &Target) -> Option<(u32, Option<u32>)> {
    match prover.platform.resource(on.resource).noun {
        Noun::Domain(domain) => Some((domain, None)),
        Noun::Table(at) => Some((prover.platform.tables.get(at as usize)?.domain, Some(at))),
        _ => None,
    }
}

/// Who a grant is for, where that is a role of ours.
fn receiver(prover: &Prover<'_>, grant: &TableGrant) -> Option<RoleKey> {
    let Principal::Resource(id) = grant.principal else { return None };
    acting(prover.platform, id).filter(|key| prover.access.index_of(*key).is_some())
}

/// What is granted on single tables of what a database has on all of its tables: some of what is asked for. The others are the database's own.
fn on_its_tables<'a>(prover: &Prover<'a>, permission: &str, on: &Target) -> Vec<&'a TableGrant> {
    let (Some((domain, None)), "SELECT" | "INSERT" | "DELETE") = (within(prover, on), permission) else {
        return Vec::new();
    };
    let tables = prover.platform.domains.get(domain as usize).map_or(&[][..], |it| it.tables.as_slice());
    let grants = tables.iter().flat_map(|table| prover.candidates.table_grants(domain, Some(*table)));
    grants.copied().filter(|grant| grant.permission == permission).collect()
}

/// What is granted of a permission on a table or a database.
fn table_grants<'a>(
    prover: &Prover<'a>,
    permission: &str,
    on: &Target,
) -> impl Iterator<Item = &'a TableGrant> {
    told_of(prover, on).filter(move |it| it.permission == permission)
}

/// All that is granted on a table or a database; what is granted on a database counts for each of its tables.
fn told_of<'a>(prover: &Prover<'a>, on: &Target) -> impl Iterator<Item = &'a TableGrant> {
    let places = within(prover, on).into_iter().flat_map(|(domain, table)| {
        let tables = [Some(None), table.map(Some)].into_iter().flatten();
        tables.map(move |table| (domain, table))
    });
    places.flat_map(|(domain, table)| prover.candidates.table_grants(domain, table)).copied()
}
