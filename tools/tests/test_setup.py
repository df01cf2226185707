"""The set-up's failures are sentences, and its steps can be interrupted."""

import socket

import config
import console
import odoo_package
import postgres
import pytest
import server


def test_taken_port_is_a_sentence():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(console.Stop, match=f"Port {port} is taken.*SCRM_HTTP_PORT={port + 1}"):
            server._check_port(port)


def test_odoo_path_without_odoo(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_PATH", str(tmp_path))
    with pytest.raises(console.Stop, match="holds no Odoo"):
        odoo_package.ensure()


@pytest.mark.parametrize("layout", ["", "usr/lib/python3/dist-packages"])
def test_odoo_path_is_honoured(tmp_path, monkeypatch, layout):
    root = tmp_path / layout
    (root / "odoo").mkdir(parents=True)
    (root / "odoo" / "release.py").write_text("version_info = (19, 0, 0, FINAL, 0, '')\n")
    (root / "addons" / "web" / "static").mkdir(parents=True)
    monkeypatch.setenv("ODOO_PATH", str(tmp_path))
    odoo = odoo_package.ensure()
    assert odoo.import_root == root.resolve()
    assert odoo.addons_paths == [root.resolve() / "addons"]


def test_odoo_path_with_another_version(tmp_path, monkeypatch):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo" / "release.py").write_text("version_info = (18, 0, 0, FINAL, 0, '')\n")
    monkeypatch.setenv("ODOO_PATH", str(tmp_path))
    with pytest.raises(console.Stop, match="18.0; this suite needs Odoo 19"):
        odoo_package.ensure()


def test_failing_program_is_a_sentence(tmp_path, capsys):
    with pytest.raises(console.Stop, match=r"Trying failed \(exit code 3\).*Do that"):
        console.run(
            ["sh", "-c", "echo because; exit 3"],
            doing="Trying",
            log=tmp_path / "log",
            hint="Do that.",
        )
    assert "because" in capsys.readouterr().out


def test_private_configuration_follows_odoo_conf(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "FILE", tmp_path / "odoo.conf")
    text = config.ensure(odoo_package.Odoo(tmp_path, "19.0")).read_text()
    assert "server_wide_modules = base,web,queue_job" in text
    assert "channels = root:" in text
    assert "workers = 0" in text
    assert "http_interface = 127.0.0.1" in text
    assert "limit_" not in text and "db_name" not in text


def test_server_libraries_lie_beside_its_programs(tmp_path):
    for name in ("14", "15"):
        programs = tmp_path / "usr/lib/postgresql" / name / "bin"
        programs.mkdir(parents=True)
        (programs / "postgres").touch()
        extension = tmp_path / "usr/share/postgresql" / name / "extension"
        extension.mkdir(parents=True)
        if name == "14":
            (extension / "pg_trgm.control").touch()
    found = postgres._server_folders(tmp_path)
    assert [path.parent.name for path in found] == ["14"], "15 lacks pg_trgm here"
