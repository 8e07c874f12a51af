//! `tieline import novu`.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use tieline_adapter_http::{ExportedObject, read_export};
use tieline_domain::usecase::{Exported, ImportOptions};

use crate::{
    command::{
        InEnvironment, broker,
        import::report::{Origin, Report},
    },
    config::Settings,
};

/// What stands for standard input.
const STDIN: &str = "-";

#[derive(Debug, Args)]
pub(crate) struct ImportNovu {
    #[command(flatten)]
    environment: InEnvironment,
    /// Tell what an import would do, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Change what is here and differs to what was exported
    #[arg(long)]
    update: bool,
    /// An integration that has another identifier here; can be repeated
    #[arg(long = "map-integration", value_name = "OLD=NEW", value_parser = mapping)]
    integrations: Vec<(String, String)>,
    /// The files; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl ImportNovu {
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let options = ImportOptions {
            dry_run: self.dry_run,
            update: self.update,
            integrations: self.integrations.iter().cloned().collect(),
        };
        // Nothing is begun with a file that cannot be read: it may be half an export.
        let (objects, mut report) = read(&self.files, &options)?;
        check_mapping(&options.integrations, &objects)?;

        let broker = broker(settings).await?;
        let environment = self.environment.find(&broker).await?;
        let mut tell = |index, outcome| report.tell(index, &outcome);
        let imported = broker
            .import_connections(environment.id, &objects, &options, &mut tell)
            .await;
        report.summarize();
        imported.context("the import stopped; run it again, what is in stays in")?;
        Ok(report.exit_code())
    }
}

/// Reads all files; what cannot be read of them is in the report already.
fn read(files: &[PathBuf], options: &ImportOptions) -> anyhow::Result<(Vec<Exported>, Report)> {
    let mut exports = Vec::new();
    for path in files {
        let name = if path.as_os_str() == STDIN {
            "standard input".to_owned()
        } else {
            path.display().to_string()
        };
        let text = text_of(path).with_context(|| format!("{name} cannot be read"))?;
        let export = read_export(&text).map_err(|error| anyhow::anyhow!("{name} {error}"))?;
        exports.push((export, name));
    }
    let (mut objects, mut report) = (Vec::new(), Report::new(options));
    for (export, file) in exports {
        for missing in &export.missing {
            eprintln!("note: {file} {missing}");
        }
        for (index, object) in export.objects.into_iter().enumerate() {
            let ExportedObject { kind, name, read } = object;
            let (file, entry) = (file.clone(), index + 1);
            let origin = Origin {
                kind,
                name,
                file,
                entry,
            };
            match read {
                Ok(object) => {
                    objects.push(object);
                    report.expect(origin);
                }
                Err(refusal) => report.refuse(&origin, &refusal),
            }
        }
    }
    Ok((objects, report))
}

fn text_of(path: &Path) -> std::io::Result<Vec<u8>> {
    if path.as_os_str() != STDIN {
        return fs::read(path);
    }
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text)?;
    Ok(text)
}

fn mapping(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok((old.into(), new.into())),
        _ => Err("it must have the form OLD=NEW".to_owned()),
    }
}

/// A mapping of what nobody names is a slip of the pen.
fn check_mapping(
    integrations: &BTreeMap<String, String>,
    objects: &[Exported],
) -> anyhow::Result<()> {
    for old in integrations.keys() {
        if !objects
            .iter()
            .any(|object| object.integration() == Some(old))
        {
            bail!("--map-integration {old}: no entry names an integration {old}");
        }
    }
    Ok(())
}
