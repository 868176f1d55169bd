//! Policies and the standard library's services against programs that are not ours.

use std::{fs, path::Path};

use dpl::{
    Analysis, library,
    platform::{Project, grant::Effect},
};
use serde_json::{Map, Value as Json, json};

use crate::oracle;

/// Analyzes all modules of a folder.
pub fn analyzed(folder: &str) -> Analysis {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut sources = dpl::sources();
    let mut files: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "dpl"));
    files.sort();
    for path in files {
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        sources.add(format!("{module}.dpl"), module, fs::read_to_string(&path).unwrap(), false);
    }
    let analysis = dpl::analyze(sources, Project::default());
    assert!(!analysis.has_errors(), "{folder}: {:?}", analysis.diagnostics);
    analysis
}

#[test]
fn services_are_as_aws_says() {
    let library = &library::standard().library;
    let services: Vec<Json> = (0..)
        .zip(&library.services)
        .map(|(at, service)| {
            let types: Map<String, Json> =
                service.types.iter().map(|(name, format)| (name.to_string(), json!(format))).collect();
            let own: Vec<_> = library.actions.iter().filter(|action| action.service.0 == at).collect();
            let type_names = |places: &[u32]| -> Vec<&str> {
                places.iter().map(|&place| service.types[place as usize].0.as_str()).collect()
            };
            let actions: Map<String, Json> = own
                .iter()
                .map(|action| (action.name.to_string(), json!(type_names(&action.types))))
                .collect();
            let prefixed: Map<String, Json> = own
                .iter()
                .filter_map(|action| Some((action.name.to_string(), json!(action.prefix_key.as_ref()?))))
                .collect();
            json!({ "prefix": service.prefix, "resource_control": service.resource_control, "types": types, "actions": actions, "prefixed": prefixed })
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("services.json");
    fs::write(&file, json!(services).to_string()).unwrap();
    oracle::judge("check_services.mjs", &["node"], &[file]);
}

#[test]
fn policies_allow_no_wildcard_action() {
    let analysis = analyzed("examples/acme");
    for role in &analysis.access.roles {
        for statement in role.policy.statements.iter().filter(|it| it.effect == Effect::Grant) {
            let dpl::access::document::Actions::Only(actions) = &statement.actions else {
                panic!("{}: allows all but some actions", role.identity.name)
            };
            assert!(
                actions.iter().all(|action| !action.contains('*')),
                "{}: {actions:?}",
                role.identity.name
            );
        }
    }
}
