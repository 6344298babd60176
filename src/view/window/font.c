// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See font.h.
#ifdef INTACT_SDL

#include "view/window/font.h"

#include <SDL_ttf.h>
#include <fontconfig/fontconfig.h>
#include <intact/error.h>
#include <stdio.h>
#include <string.h>

struct file {
    char path[1024];
    int index; // of the face in it
};

static int fail(char *why, const char *format, const char *name, const char *more)
{
    snprintf(why, INTACT_ERROR_SIZE, format, name, more);
    return -1;
}

// The family that was found is the one that was asked for, unless that is a name for many, as "monospace" is.
static int check_family(FcPattern *found, const char *name, char *why)
{
    FcChar8 *family;
    for (int i = 0; FcPatternGetString(found, FC_FAMILY, i, &family) == FcResultMatch; i++)
        if (!name || strcmp(name, "monospace") == 0 || FcStrCmpIgnoreCase(family, (const FcChar8 *)name) == 0)
            return 0;
    if (FcPatternGetString(found, FC_FAMILY, 0, &family) != FcResultMatch)
        family = (FcChar8 *)"none";
    return fail(why, "-display: there is no font '%.80s'; the nearest is '%.80s'", name, (const char *)family);
}

static int take_file(FcPattern *found, struct file *file, char *why)
{
    FcChar8 *path;
    if (FcPatternGetString(found, FC_FILE, 0, &path) != FcResultMatch)
        return fail(why, "-display: the host has no font (Debian: install fonts-dejavu-core)%s%s", "", "");
    snprintf(file->path, sizeof file->path, "%s", (const char *)path);
    if (FcPatternGetInteger(found, FC_INDEX, 0, &file->index) != FcResultMatch)
        file->index = 0;
    return 0;
}

static int find_file(const char *name, int weight, struct file *file, char *why)
{
    FcResult result;
    FcPattern *wanted = FcPatternCreate();
    FcPatternAddString(wanted, FC_FAMILY, (const FcChar8 *)(name ? name : "monospace"));
    FcPatternAddInteger(wanted, FC_WEIGHT, weight);
    FcPatternAddInteger(wanted, FC_SPACING, FC_MONO);
    FcConfigSubstitute(NULL, wanted, FcMatchPattern);
    FcDefaultSubstitute(wanted);
    FcPattern *found = FcFontMatch(NULL, wanted, &result);
    int status = -1;
    if (!found)
        fail(why, "-display: the host has no font (Debian: install fonts-dejavu-core)%s%s", "", "");
    else if (check_family(found, name, why) == 0)
        status = take_file(found, file, why);
    if (found)
        FcPatternDestroy(found);
    FcPatternDestroy(wanted);
    return status;
}

// A regular face, and a bold one.
static int find_files(const char *name, struct file files[2], char *why)
{
    int status = 0;
    if (name && strchr(name, '/')) {
        snprintf(files[0].path, sizeof files[0].path, "%s", name);
        files[0].index = 0;
        files[1] = files[0];
        return 0;
    }
    if (!FcInit())
        return fail(why, "-display: fontconfig cannot be used%s%s", "", "");
    if (find_file(name, FC_WEIGHT_REGULAR, &files[0], why) < 0 || find_file(name, FC_WEIGHT_BOLD, &files[1], why) < 0)
        status = -1;
    FcFini();
    return status;
}

static int draw_glyphs(struct font *font, TTF_Font *face, unsigned row, char *why)
{
    const SDL_Color white = { 255, 255, 255, 255 };
    for (int character = FONT_FIRST; character <= FONT_LAST; character++) {
        SDL_Surface *glyph = TTF_RenderGlyph_Blended(face, (Uint16)character, white);
        if (!glyph)
            return fail(why, "-display: a glyph cannot be drawn: %.80s%s", TTF_GetError(), "");
        font->glyphs[row][character - FONT_FIRST] = glyph;
    }
    return 0;
}

static int take_face(struct font *font, const struct file *file, unsigned row, unsigned size, char *why)
{
    int advance = 0;
    TTF_Font *face = TTF_OpenFontIndex(file->path, (int)size, file->index);
    if (!face)
        return fail(why, "-display: cannot use the font '%.120s': %.80s", file->path, TTF_GetError());
    int status = -1;
    if (!TTF_FontFaceIsFixedWidth(face))
        fail(why, "-display: the font '%.120s' is not monospaced%s", file->path, "");
    else
        status = draw_glyphs(font, face, row, why);
    TTF_GlyphMetrics(face, 'M', NULL, NULL, NULL, NULL, &advance);
    if (row == 0) {
        font->width = advance;
        int skip = TTF_FontLineSkip(face), height = TTF_FontHeight(face);
        font->height = skip > height ? skip : height;
    }
    TTF_CloseFont(face);
    return status;
}

int font_open(struct font *font, const struct window_font *wish, char *why)
{
    struct file files[2];
    unsigned size = wish->size ? wish->size : WINDOW_FONT_SIZE;
    *font = (struct font){ 0 };
    if (find_files(wish->name, files, why) < 0)
        return -1;
    if (TTF_Init() < 0)
        return fail(why, "-display: SDL_ttf cannot be used: %.80s%s", TTF_GetError(), "");
    int status = 0;
    for (unsigned row = 0; row < 2 && status == 0; row++)
        status = take_face(font, &files[row], row, size, why);
    if (status < 0)
        font_close(font);
    TTF_Quit();
    return status;
}

void font_close(struct font *font)
{
    for (unsigned row = 0; row < 2; row++)
        for (int i = 0; i <= FONT_LAST - FONT_FIRST; i++)
            SDL_FreeSurface(font->glyphs[row][i]);
    *font = (struct font){ 0 };
}

#endif
