extends "res://lib/overlay_case.gd"
## The report.


func case_it_has_figures_versions_and_events() -> void:
	var peer := FakePeers.make_server()
	use(peer)
	tree.root.add_child(overlay)
	peer.join(77)
	peer.join(78)
	peer.leave(78)
	peer.peer_disconnected_with_reason.emit(78, 4, 9)
	var report := overlay.get_report()
	contains(report, "Godot: %s" % Engine.get_version_info()["string"])
	contains(report, "Role: Server on port 24565")
	contains(report, "fake_peers.gd")
	contains(report, "poll_gap_minute: 48")
	contains(report, "  77: in –, out –, rtt_last 86")
	contains(report, "peer 78 connected")
	contains(report, "peer 78 disconnected: told reason 4")
	check(not overlay.visible, "the report does not show the overlay")


func case_it_has_the_reason_of_a_failure() -> void:
	var peer := FakePeers.make_client()
	use(peer)
	tree.root.add_child(overlay)
	peer.connection_failed_with_reason.emit(8, 0, "the host name \"home.example.net\" could not be resolved")
	contains(overlay.get_report(), "the connection failed: told reason 8")
	lacks(overlay.get_report(), "home.example.net")
	overlay.report_addresses = true
	contains(overlay.get_report(), "the connection failed: the host name \"home.example.net\" could not be resolved")
	peer.connection_failed_with_reason.emit(3, 0, "")
	contains(overlay.get_report(), "the connection failed: told reason 3")


func case_it_hears_of_a_peer_that_came_while_hidden() -> void:
	tree.root.add_child(overlay)
	var peer := FakePeers.make_server()
	use(peer)
	peer.join(5)
	peer.leave(5)
	peer.peer_disconnected_with_reason.emit(5, 2, 0)
	contains(overlay.get_report(), "peer 5 disconnected: told reason 2")
	equal(overlay.get_report().count("peer 5 disconnected"), 1, "how often the end is told")


func case_the_address_is_there_only_if_wanted() -> void:
	use(FakePeers.make_client())
	tree.root.add_child(overlay)
	lacks(overlay.get_report(), "203.0.113.7")
	overlay.report_addresses = true
	contains(overlay.get_report(), "203.0.113.7:24565")


func case_the_button_copies_it() -> void:
	use(FakePeers.make_client())
	show()
	await refresh()
	var texts: Array[String] = []
	overlay.report_copied.connect(func(text: String) -> void: texts.append(text))
	button("Copy report").pressed.emit()
	equal(texts.size(), 1, "the number of reports")
	contains("".join(texts), "Network report")
	check(button("Copied") != null, "the button tells it")


func case_it_works_offline_and_outside_of_the_tree() -> void:
	contains(overlay.get_report(), "Role: Offline")
	tree.root.add_child(overlay)
	contains(overlay.get_report(), "Role: Offline")
