from explorer.slices import at_once, sliced


def test_slices_are_in_order_and_the_last_one_is_what_is_left():
    assert [list(some) for some in sliced(range(7), 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert not list(sliced([], 3))


def test_work_without_a_place_of_its_own_runs_here():
    assert at_once(lambda: 7) == 7
