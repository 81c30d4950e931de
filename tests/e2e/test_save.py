"""Save, and the API that draws the same bytes."""

from pathlib import Path

from gradio_client import Client

from explorer.images import recipe_of


def saved(visit):
    with visit.page.expect_download() as download:
        visit.page.locator("#save").click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_save_gives_the_full_picture_with_its_recipe_and_the_bytes_of_the_api(visit, server):
    visit.drag("psi", 0.5, 0.3)
    recipe = visit.recipe
    name, data = saved(visit)
    assert name == f"avatars-seed13-psi{recipe.psi:.2f}.png"
    assert recipe_of(data) == recipe
    assert data == visit.picture

    client = Client(server.url, verbose=False)
    path, details = client.predict(recipe.model_dump(mode="json"), api_name="/render")
    assert Path(path).read_bytes() == data
    assert details["recipe"] == recipe.key == visit.image.get_attribute("data-recipe")


def test_save_pressed_in_the_middle_of_a_move_waits_for_the_last_value(visit):
    visit.range("psi").focus()
    for _ in range(5):
        visit.page.keyboard.press("ArrowRight")
    name, data = saved(visit)
    psi = recipe_of(data).psi
    assert f"{psi:g}" == visit.range("psi").input_value()
    assert name.endswith(f"psi{psi:.2f}.png")
